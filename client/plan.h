/* SPDX-License-Identifier: MIT */
/* What is about to happen, and the person's word that it shall. */

#ifndef FLASH_PLAN_H
#define FLASH_PLAN_H

#include "flash-job.h"

/* Show board, disk, image and what will be done with them. */
void plan_show (const struct flash_job *job);

/* Of that, what it is for every board. */
void plan_show_image (const struct image_facts *image);
void plan_show_steps (const struct flash_job *job);
void plan_show_settings (const struct options *options);

/* Whether the person can be asked, or has confirmed already.  -1 after a report;
 * to be called before anything takes time. */
int plan_check_confirmation (const struct options *options);

/* For records: NEEDED is what --confirm must say. */
void plan_record_confirmation (const struct options *options, const char *needed);

/* Ask to type the host's name, unless --confirm gave it.  0, or -1 after a
 * report. */
int plan_confirm (const struct options *options);

#endif
