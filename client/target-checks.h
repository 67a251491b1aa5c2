/* SPDX-License-Identifier: MIT */
/* Whether this image can be flashed on this board in this mode. */

#ifndef FLASH_TARGET_CHECKS_H
#define FLASH_TARGET_CHECKS_H

#include "flash-job.h"

/* Everything that must hold before a new flash: the disk, its size.  0, or -1 after a
 * report of the first thing that does not. */
int target_checks_run (const struct flash_job *job);

/* The same for the memory, once it is known what besides the image lies in it. */
int target_checks_memory (const struct flash_job *job);

/* Of these, what the helper needs to be deployed. */
int target_checks_board (const struct flash_job *job);

/* What is odd but no reason to refuse. */
void target_checks_warn (const struct flash_job *job);

/* Bytes that the RAM root may grow to. */
uint64_t target_checks_ram_size (const struct flash_job *job);

#endif
