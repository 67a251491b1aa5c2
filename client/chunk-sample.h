/* SPDX-License-Identifier: MIT */
/* Which chunks of a disk are looked at: all, or some, spread over it. */

#ifndef FLASH_CHUNK_SAMPLE_H
#define FLASH_CHUNK_SAMPLE_H

#include <stdint.h>

struct chunk_sample
{
  uint64_t chunks;              /* of the disk */
  uint64_t count;               /* that are looked at */
  uint32_t seed;
};

/* COUNT of CHUNKS chunks, always with the first and the last; 0: all.  SEED
 * decides which ones of those in between, a step apart from each other. */
void chunk_sample_init (struct chunk_sample *sample, uint64_t chunks,
                        uint32_t count, uint32_t seed);

/* The chunk at INDEX (below the sample's count); they rise with it. */
uint64_t chunk_sample_get (const struct chunk_sample *sample, uint64_t index);

#endif
