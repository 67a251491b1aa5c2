/* SPDX-License-Identifier: MIT */
/* Phase 1: the RAM root on the board, and the session in it. */

#ifndef FLASH_DEPLOY_H
#define FLASH_DEPLOY_H

#include "flash-job.h"

/* Give JOB a new session, deploy the helper for it, start it.  0; -1 after a
 * report: the board is as it was; -2: an interrupt came, likewise. */
int deploy_run (struct flash_job *job);

/* The session file (docs/protocol.md, section 2); the caller must free it.
 * NULL: no memory. */
char *deploy_session_file (const struct flash_job *job);

#endif
