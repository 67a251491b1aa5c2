/* SPDX-License-Identifier: MIT */
/* The comparison of a board's disk with an image: digests first, bytes only
 * where they differ.  Changes nothing. */

#ifndef FLASH_DISK_SURVEY_H
#define FLASH_DISK_SURVEY_H

#include <stdint.h>

#include "chunk-sample.h"
#include "differing-ranges.h"
#include "flash-job.h"
#include "survey-channel.h"

struct disk_survey
{
  struct chunk_sample sample;   /* of what the disk has of the image */
  uint64_t size;                /* of that, bytes */
  uint64_t compared;            /* chunks of which the bytes are known */
  uint64_t differing;           /* of these */
  uint64_t unsteady;            /* their digest differed, their bytes did not */
  uint64_t unreadable;          /* chunks; reported one by one */
  struct differing_ranges ranges;
};

/* Ask CHANNEL about JOB's disk, and fill in *SURVEY, all zero at first.  COUNT
 * and SEED as for chunk_sample_init.  0, or -1 after a report. */
int disk_survey_run (struct disk_survey *survey, struct flash_job *job,
                     struct survey_channel *channel, uint32_t count,
                     uint32_t seed);

#endif
