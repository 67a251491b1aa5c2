/* SPDX-License-Identifier: MIT */
/* A command on the board with given input, its output captured. */

#ifndef FLASH_SSH_EXEC_H
#define FLASH_SSH_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "board-connection.h"
#include "remote-command.h"

#define EXEC_NO_TIMEOUT (1U << 30)      /* seconds: decades */
#define EXEC_OUTPUT_MAX 65536   /* of stdout and of stderr; the rest is dropped */

struct exec_input
{
  const void *data;
  size_t size;
};

struct ssh_exec;

/* The INPUTS, NR of them, are sent back to back, then EOF; they must outlive
 * the command.  NULL after a report. */
struct ssh_exec *ssh_exec_new (struct board_connection *c, const char *command,
                               const struct exec_input *inputs, size_t nr);
void ssh_exec_free (struct ssh_exec *e);        /* NULL is allowed */

/* Give the output to TAKE as it comes, and capture none; a nonzero result of TAKE
 * ends the wait with -2.  Interrupts that came before do not count. */
typedef int (*exec_output_fn) (void *opaque, enum remote_stream stream,
                               const char *data, size_t len);
void ssh_exec_pass_output (struct ssh_exec *e, exec_output_fn take, void *opaque);

enum exec_state { EXEC_RUNNING, EXEC_ENDED, EXEC_REFUSED };
/* Bring it forward, without blocking. */
enum exec_state ssh_exec_step (struct ssh_exec *e);

/* Poll and step until it has ended.  0, or -1 after a report: the connection
 * was lost, the command was refused or took longer than TIMEOUT seconds.  With
 * INTERRUPTIBLE, -2 without a report as soon as an interrupt came. */
int ssh_exec_wait (struct ssh_exec *e, unsigned timeout, bool interruptible);

/* The output so far, NUL terminated (NUL bytes in it are dropped). */
const char *ssh_exec_stdout (const struct ssh_exec *e);
const char *ssh_exec_stderr (const struct ssh_exec *e);
int ssh_exec_status (const struct ssh_exec *e);         /* -1: none */
/* Bytes of the input that were sent. */
size_t ssh_exec_sent (const struct ssh_exec *e);

#endif
