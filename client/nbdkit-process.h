/* SPDX-License-Identifier: MIT */
/* One nbdkit as a child: its start until it listens, its words, its end. */

#ifndef FLASH_NBDKIT_PROCESS_H
#define FLASH_NBDKIT_PROCESS_H

#include <stdbool.h>

#include "confinement.h"

struct nbdkit_process;

/* Takes each line of its stderr, made printable. */
typedef void nbdkit_line_fn (void *opaque, const char *line);

/* PURPOSE says what it is there for ("nbdkit, which PURPOSE, was killed"), SOCKET
 * where it will listen; both must outlive it.  It is confined from its start, and
 * starts no program once it listens.  NULL after a report. */
struct nbdkit_process *nbdkit_process_new (const char *purpose,
                                           const char *socket,
                                           enum confinement confinement,
                                           nbdkit_line_fn *take_line,
                                           void *opaque);
/* End it if it runs, remove its socket.  NULL is allowed. */
void nbdkit_process_free (struct nbdkit_process *p);

/* Start it, or start it again after its end, as ARGV (nbdkit's own, with a NULL at
 * the end) and wait until it takes connections.  0, or -1 after a report with its
 * words. */
int nbdkit_process_start (struct nbdkit_process *p, char *const argv[]);

/* Its stderr for poll, -1 when there is none; nbdkit_process_service reads it.
 * Returns false when it has ended. */
int nbdkit_process_fd (const struct nbdkit_process *p);
bool nbdkit_process_service (struct nbdkit_process *p);

/* Report that it ended and what it said last.  Once; nothing while it runs. */
void nbdkit_process_report_end (struct nbdkit_process *p);

/* The last error that its words tell of, printable.  The caller must free it; NULL:
 * there is none (or no memory). */
char *nbdkit_process_last_error (const struct nbdkit_process *p);

#endif
