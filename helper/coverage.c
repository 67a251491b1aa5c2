/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "coverage.h"

void
coverage_start (struct coverage *c, uint32_t len)
{
  c->len = len;
  c->nr_ranges = 0;
}

static void
remove_range (struct coverage *c, size_t i)
{
  c->nr_ranges--;
  memmove (&c->ranges[i], &c->ranges[i + 1],
           (c->nr_ranges - i) * sizeof c->ranges[0]);
}

static int
insert_range (struct coverage *c, size_t i, uint32_t start, uint32_t end)
{
  if (c->nr_ranges == COVERAGE_RANGES)
    return -1;
  memmove (&c->ranges[i + 1], &c->ranges[i],
           (c->nr_ranges - i) * sizeof c->ranges[0]);
  c->nr_ranges++;
  c->ranges[i].start = start;
  c->ranges[i].end = end;
  return 0;
}

int
coverage_add (struct coverage *c, uint32_t start, uint32_t len)
{
  uint32_t end = start + len;
  size_t i = 0;

  /* The first range that ends at START or later. */
  while (i < c->nr_ranges && c->ranges[i].end < start)
    i++;
  bool after = i < c->nr_ranges && c->ranges[i].end == start;
  size_t next = after ? i + 1 : i;
  if (next < c->nr_ranges && c->ranges[next].start < end)
    return -1;
  bool before = next < c->nr_ranges && c->ranges[next].start == end;

  if (after && before) {
    c->ranges[i].end = c->ranges[next].end;
    remove_range (c, next);
  }
  else if (after)
    c->ranges[i].end = end;
  else if (before)
    c->ranges[next].start = start;
  else
    return insert_range (c, i, start, end);
  return 0;
}

bool
coverage_is_whole (const struct coverage *c)
{
  return c->nr_ranges == 1 && c->ranges[0].start == 0
         && c->ranges[0].end == c->len;
}
