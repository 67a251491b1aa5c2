/* SPDX-License-Identifier: MIT */
/* flash.sh, the child of the session process, with all that it starts: one
 * process group. */

#ifndef FLASH_HELPER_SESSION_SCRIPT_H
#define FLASH_HELPER_SESSION_SCRIPT_H

#include "session-process.h"

/* Start it: its process id, or -1 with errno.  What goes wrong in the child
 * comes as talk and as exit status 127.  SETTING: one more NAME=VALUE of its
 * environment, or NULL for a flash from the start:
 *
 *   FLASH_RESUME=yes       go on with the write, all before it is done
 *   FLASH_RESUME=stopped   the same, after another `go`
 *   FLASH_UNDO=RESULT      only undo what was done before the write, and end
 *                          with this result */
pid_t session_script_start (const struct session *session,
                            const char *setting);

/* Signal the whole group; a group that is gone already is none of our
 * business. */
void session_script_signal (pid_t script, int signo);

#endif
