/* SPDX-License-Identifier: MIT */
/* The phases after the deployment: rehearsal, staging, go, write, read-back. */

#ifndef FLASH_FLASH_RUN_H
#define FLASH_FLASH_RUN_H

#include "exit-status.h"
#include "flash-job.h"

/* Serve the session of JOB until it ends or this program must leave it.  All
 * there is to say is said. */
enum exit_status flash_run (struct flash_job *job);

#endif
