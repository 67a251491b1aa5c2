/* SPDX-License-Identifier: MIT */
/* The way onto the board: through the lifeboat of a flash that is under way,
 * where there is a key for it, else as ssh does. */

#ifndef FLASH_BOARD_LOGIN_H
#define FLASH_BOARD_LOGIN_H

#include <stdbool.h>

#include "flash-job.h"

enum board_login
{
  LOGIN_LIFEBOAT,               /* job->connection, job->in_lifeboat is true */
  LOGIN_ORDINARY,               /* job->connection */
  LOGIN_FAILED                  /* reported */
};

/* Open job->connection.  With a session in JOB only its key is tried for the
 * lifeboat; else that of --session-key, or every stored session's that may be
 * this board's.  QUIET: failures are details for --verbose, for a caller that
 * tries again (and message_last_error tells why). */
enum board_login board_login (struct flash_job *job, bool quiet);

/* Prove the lifeboat of JOB's session, and go on in it: lifeboat-open, a second
 * login, lifeboat-close; the first connection is closed.  0, or -1 after a
 * report or an interrupt: the first connection is still there, the port was
 * given back. */
int board_login_change_to_lifeboat (struct flash_job *job);

#endif
