/* SPDX-License-Identifier: MIT */
/* The session file (docs/protocol.md, section 2): what the client wants done. */

#ifndef FLASH_HELPER_SESSION_FILE_H
#define FLASH_HELPER_SESSION_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SESSION_FILE_MAX 16384  /* bytes */

struct session_file;

/* Read and validate the file PATH: every key once, every value of its kind.
 * NULL after report_error(). */
struct session_file *session_file_read (const char *path);
void session_file_free (struct session_file *file);     /* NULL is allowed */

/* The decoded value of one of the protocol's keys; never NULL. */
const char *session_file_get (const struct session_file *file, const char *key);

/* The same, as what it means. */
bool session_file_says (const struct session_file *file, const char *key,
                        const char *value);
uint64_t session_file_number (const struct session_file *file, const char *key);
dev_t session_file_target (const struct session_file *file);

/* Put FLASH_KEY=value of every key into the environment: 0, or -1 after
 * report_error(). */
int session_file_export (const struct session_file *file);

#endif
