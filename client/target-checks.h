/* SPDX-License-Identifier: MIT */
/* Whether this image can be flashed on this board in this mode. */

#ifndef FLASH_TARGET_CHECKS_H
#define FLASH_TARGET_CHECKS_H

#include "flash-job.h"

/* What a flash in progress on the board means for this command. */
enum found_session
{
  SESSION_NONE,                 /* there is none */
  SESSION_RESUME,               /* it is this very flash: JOB->session, resume */
  SESSION_OVER,                 /* it has ended and is to be removed first */
  SESSION_REFUSED               /* reported */
};
enum found_session target_checks_session (struct flash_job *job);

/* Everything that must hold before a new flash: root, busybox, the disk, its
 * size, memory.  0, or -1 after a report of the first thing that does not. */
int target_checks_run (const struct flash_job *job);

/* Of these, root and what the helper needs to be deployed. */
int target_checks_board (const struct flash_job *job);

/* What is odd but no reason to refuse. */
void target_checks_warn (const struct flash_job *job);

/* Bytes that the RAM root may grow to. */
uint64_t target_checks_ram_size (const struct flash_job *job);

#endif
