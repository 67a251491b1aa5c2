/* SPDX-License-Identifier: MIT */
/* What a flash that is already on the board means for this command. */

#ifndef FLASH_FOUND_SESSION_H
#define FLASH_FOUND_SESSION_H

#include "flash-job.h"

enum found_session
{
  FOUND_NONE,                   /* there is none */
  FOUND_RESUME,                 /* it is this very flash, and JOB is about it now */
  FOUND_REMOVABLE,              /* another one, which nobody will miss: JOB->session
                                 * and JOB->report are about it */
  FOUND_REFUSED                 /* reported */
};

/* Look on the board of JOB, which is connected and, by an ordinary login,
 * probed. While another client seems to be attached to this very flash, waits
 * for up to a minute. */
enum found_session found_session_judge (struct flash_job *job);

/* Whether KEY of its record is VALUE. */
bool found_session_is (const struct flash_job *job, const char *key,
                       const char *value);

/* Whether the board's disk may hold a part of an image by now, or nobody knows. */
bool found_session_may_have_written (const struct flash_job *job);

/* The person has taken a while to answer: is what was FOUND_RESUME still so?
 * 0, or -1 after a report. */
int found_session_check_unchanged (struct flash_job *job);

/* End the one that is FOUND_REMOVABLE.  0, or -1 after a report. */
int found_session_remove (struct flash_job *job);

#endif
