/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "chunk-sample.h"

void
chunk_sample_init (struct chunk_sample *s, uint64_t chunks, uint32_t count,
                   uint32_t seed)
{
  s->chunks = chunks;
  s->seed = seed;
  s->count = count == 0 ? chunks : count < 2 ? 2 : count;
  if (s->count > chunks)
    s->count = chunks;
}

uint64_t
chunk_sample_get (const struct chunk_sample *s, uint64_t index)
{
  if (s->count == s->chunks || index == 0)
    return index;
  if (index == s->count - 1)
    return s->chunks - 1;

  /* Fewer than all, so there are at least as many between the ends as places
   * for them.  The products stay small: a count has 32 bits. */
  const uint64_t between = s->chunks - 2, places = s->count - 2;
  const uint64_t step = between / places, rest = between % places;

  index--;
  return 1 + index * step + index * rest / places + s->seed % step;
}
