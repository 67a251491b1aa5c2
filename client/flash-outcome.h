/* SPDX-License-Identifier: MIT */
/* How a flash stands when this program leaves it, in words for the person. */

#ifndef FLASH_FLASH_OUTCOME_H
#define FLASH_FLASH_OUTCOME_H

#include "exit-status.h"
#include "flash-job.h"
#include "flash-status.h"

/* Whether the board reboots by itself once its disk is verified. */
bool flash_outcome_reboots (const struct flash_job *job);

/* What becomes of the board when this program leaves it in the middle.  GO: it was,
 * or may have been, told to write. */
void flash_outcome_explain_interruption (const struct flash_job *job,
                                         const struct flash_status *s, bool go);

/* The board answers again, and its session is gone: what is known, and the exit
 * status for it. */
enum exit_status flash_outcome_of_lost_session (const struct flash_job *job,
                                                const struct flash_status *s,
                                                bool go);

/* The last words after an end that was heard. */
void flash_outcome_say (const struct flash_job *job, const struct flash_status *s,
                        enum exit_status outcome);

#endif
