/* SPDX-License-Identifier: MIT */
/* What the board says of the flash that it is at (docs/protocol.md, section 3,
 * status). */

#ifndef FLASH_SESSION_STATUS_H
#define FLASH_SESSION_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "flash-job.h"

/* Log in to the board of JOB, find out how to become root there, and ask.
 * 1: it is at a flash, job->report and job->session are about it; 0: it is at
 * none; -1 after a report: it could not be told. */
int session_status_open (struct flash_job *job);

/* The same over the connection that JOB has. */
int session_status_ask (struct flash_job *job);

/* The value of KEY; "" when it is absent. */
const char *session_status_get (const struct session_report *r, const char *key);
bool session_status_says (const struct session_report *r, const char *key,
                          const char *value);
/* 0 when it is absent. */
uint64_t session_status_number (const struct session_report *r, const char *key);

/* What giving up the flash now would mean for the board. */
enum session_stage
{
  STAGE_UNWRITTEN,              /* nothing was written */
  STAGE_PARTLY_WRITTEN,
  STAGE_WRITTEN                 /* the whole image lies on the disk */
};
enum session_stage session_status_stage (const struct session_report *r);

#endif
