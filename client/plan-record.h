/* SPDX-License-Identifier: MIT */
/* The plan as records, for those who read no text. */

#ifndef FLASH_PLAN_RECORD_H
#define FLASH_PLAN_RECORD_H

#include "flash-job.h"

/* `image' and an `image_partition' each. */
void plan_record_image (const struct image_facts *image, const char *path);
/* `plan', a `partition' each of the board's disk, an `image_change' each of what the
 * disk gets besides the image. */
void plan_record_board (const struct flash_job *job);
/* An earlier flash of the board, which this one gives up. */
void plan_record_earlier (const struct flash_job *job);

#endif
