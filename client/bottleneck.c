/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "bottleneck.h"

#define FADING 0.5              /* of the sums, at each judgement */

static const struct { const char *name, *text; } words[] = {
  [BOTTLENECK_UNKNOWN] = { "", "" },
  [BOTTLENECK_IMAGE] = { "image", "decoding" },
  [BOTTLENECK_NETWORK] = { "network", "network" },
  [BOTTLENECK_DISK] = { "disk", "board's disk" },
};

const char *
bottleneck_name (enum bottleneck bottleneck)
{
  return words[bottleneck].name;
}

const char *
bottleneck_text (enum bottleneck bottleneck)
{
  return words[bottleneck].text;
}

enum bottleneck
bottleneck_of_name (const char *name)
{
  int b = BOTTLENECK_DISK;

  while (b > BOTTLENECK_UNKNOWN && strcmp (name, words[b].name) != 0)
    b--;
  return (enum bottleneck) b;
}

void
bottleneck_add_wait (struct bottleneck_meter *m, enum bottleneck whom,
                     double seconds)
{
  if (whom == BOTTLENECK_IMAGE)
    m->image += seconds;
  else if (whom == BOTTLENECK_NETWORK)
    m->network += seconds;
}

/* A `write' that was started anew counts from 0 again. */
void
bottleneck_add_board (struct bottleneck_meter *m, uint64_t source, uint64_t disk)
{
  if (m->has_before && source >= m->source_before && disk >= m->disk_before) {
    m->source += (double) (source - m->source_before);
    m->disk += (double) (disk - m->disk_before);
  }
  m->source_before = source;
  m->disk_before = disk;
  m->has_before = true;
}

void
bottleneck_reset (struct bottleneck_meter *m)
{
  memset (m, 0, sizeof *m);
}

static enum bottleneck
judge_tunnel (const struct bottleneck_meter *m)
{
  if (m->image + m->network <= 0)
    return m->last;
  return m->image > m->network ? BOTTLENECK_IMAGE : BOTTLENECK_NETWORK;
}

static enum bottleneck
judge (const struct bottleneck_meter *m, bool tunnelled)
{
  if (m->has_before && m->source + m->disk <= 0)
    return m->last;
  if (m->has_before && m->disk >= m->source)
    return BOTTLENECK_DISK;
  return tunnelled ? judge_tunnel (m)
         : m->has_before ? BOTTLENECK_IMAGE : BOTTLENECK_UNKNOWN;
}

enum bottleneck
bottleneck_judge (struct bottleneck_meter *m, bool tunnelled)
{
  m->last = judge (m, tunnelled);
  m->image *= FADING;
  m->network *= FADING;
  m->source *= FADING;
  m->disk *= FADING;
  return m->last;
}
