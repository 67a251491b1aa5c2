/* SPDX-License-Identifier: MIT */
/* Phase 1: the RAM root on the board, and the session in it. */

#ifndef FLASH_DEPLOY_H
#define FLASH_DEPLOY_H

#include "flash-job.h"

/* deploy.sh's exit status when the board is taken. */
#define DEPLOY_OTHER_SESSION 10
/* ... and when this flash-helper does not run there: another one may. */
#define DEPLOY_RUNS_NOT_HERE 11

/* Give JOB the name of a new session.  0, or -1 after a report. */
int deploy_name_session (struct flash_job *job);

/* Deploy the helper for JOB's session, with the public key of JOB->stored where the
 * flash wants a lifeboat, and start it.  0; -1 after a report: the board is as it
 * was; -2: an interrupt came, likewise. */
int deploy_run (struct flash_job *job);

/* The command that runs the SCRIPT_SIZE bytes of assignments and deploy.sh which
 * come first on its stdin; the caller must free it.  NULL: no memory. */
char *deploy_command (const struct flash_job *job, size_t script_size);

/* The session file (docs/protocol.md, section 2); the caller must free it.
 * NULL: no memory. */
char *deploy_session_file (const struct flash_job *job);

#endif
