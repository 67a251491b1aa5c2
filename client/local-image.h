/* SPDX-License-Identifier: MIT */
/* --local: where on this board the image lies. */

#ifndef FLASH_LOCAL_IMAGE_H
#define FLASH_LOCAL_IMAGE_H

#include "flash-job.h"

/* Whether the image of JOB, whose board is probed, can be read to its end while its
 * target is written; without --local, and where it is copied into memory first, it
 * always can.  JOB->image_path becomes the path of one that stays in place.
 * 0, or -1 after a report. */
int local_image_check (struct flash_job *job);

/* Whether the file system on DEVICE ("MAJOR:MINOR") lies on nothing but disks that
 * sysfs, mounted on SYSFS, knows, and not on DISK ("MAJOR:MINOR"). */
enum image_place { IMAGE_ELSEWHERE, IMAGE_ON_TARGET, IMAGE_PLACE_UNKNOWN };
enum image_place local_image_place (const char *sysfs, const char *device,
                                    const char *disk);

#endif
