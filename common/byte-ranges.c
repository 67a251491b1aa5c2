/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "byte-ranges.h"

/* The first range that ends at OFFSET or behind it. */
static size_t
lower_bound (const struct byte_ranges *set, uint64_t offset)
{
  size_t low = 0, high = set->nr;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (set->ranges[middle].end < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool
make_room (struct byte_ranges *set)
{
  size_t room = set->room ? 2 * set->room : 2;

  if (set->nr < set->room)
    return true;
  struct byte_range *p = realloc (set->ranges, room * sizeof *p);
  if (!p)
    return false;
  set->ranges = p;
  set->room = room;
  return true;
}

bool
byte_ranges_add (struct byte_ranges *set, uint64_t start, uint64_t end,
                 size_t max)
{
  if (start >= end)
    return true;
  size_t first = lower_bound (set, start), behind = first;

  /* What touches the new range becomes one with it. */
  while (behind < set->nr && set->ranges[behind].start <= end)
    behind++;
  if (behind == first) {
    if (set->nr >= max || !make_room (set))
      return false;
    behind = first + 1;
    memmove (set->ranges + behind, set->ranges + first,
             (set->nr - first) * sizeof *set->ranges);
    set->nr++;
  }
  else {
    if (set->ranges[first].start < start)
      start = set->ranges[first].start;
    if (set->ranges[behind - 1].end > end)
      end = set->ranges[behind - 1].end;
    memmove (set->ranges + first + 1, set->ranges + behind,
             (set->nr - behind) * sizeof *set->ranges);
    set->nr -= behind - first - 1;
  }
  set->ranges[first].start = start;
  set->ranges[first].end = end;
  return true;
}

bool
byte_ranges_find (const struct byte_ranges *set, uint64_t offset,
                  struct byte_range *found)
{
  size_t i = lower_bound (set, offset);

  if (i < set->nr && set->ranges[i].end == offset)
    i++;
  if (i < set->nr) {
    *found = set->ranges[i];
    return found->start <= offset;
  }
  found->start = found->end = UINT64_MAX;
  return false;
}

void
byte_ranges_clear (struct byte_ranges *set)
{
  free (set->ranges);
  set->ranges = NULL;
  set->nr = set->room = 0;
}
