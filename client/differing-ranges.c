/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "differing-ranges.h"

static void
add_block (struct differing_ranges *set, uint64_t start, uint64_t end)
{
  const bool is_neighbour = set->nr > 0 && start == set->end;

  set->blocks++;
  set->end = end;
  if (!is_neighbour)
    set->nr++;
  if (set->nr > DIFFERING_RANGES_MAX)
    return;
  struct differing_range *last = &set->ranges[set->nr - 1];
  if (!is_neighbour)
    last->start = start;
  last->end = end;
}

void
differing_ranges_compare (struct differing_ranges *set, uint64_t offset,
                          const unsigned char *disk,
                          const unsigned char *image, size_t len)
{
  for (size_t at = 0; at < len; at += DIFFERING_BLOCK) {
    const size_t n = len - at < DIFFERING_BLOCK ? len - at : DIFFERING_BLOCK;

    if (memcmp (disk + at, image + at, n) != 0)
      add_block (set, offset + at, offset + at + n);
  }
}

static const struct partition *
partition_at (const struct partition_table *table, uint64_t offset)
{
  for (unsigned i = 0; i < table->nr_partitions; i++) {
    const struct partition *p = &table->partitions[i];

    if (offset >= p->start && offset - p->start < p->size)
      return p;
  }
  return NULL;
}

static bool
is_before_all (const struct partition_table *table, uint64_t offset)
{
  for (unsigned i = 0; i < table->nr_partitions; i++)
    if (table->partitions[i].start <= offset)
      return false;
  return table->nr_partitions > 0;
}

static void
name_place (const struct partition_table *table, uint64_t offset,
            char *text, size_t size)
{
  const struct partition *p = partition_at (table, offset);

  if (p)
    snprintf (text, size, "partition %u (%s)", p->number, p->type);
  else
    snprintf (text, size, "%s", is_before_all (table, offset)
              ? "before the first partition" : "outside of all partitions");
}

char *
differing_range_place (const struct differing_range *range,
                       const struct partition_table *table,
                       char place[DIFFERING_PLACE_MAX])
{
  char first[DIFFERING_PLACE_MAX / 2 - 4], last[DIFFERING_PLACE_MAX / 2 - 4];

  name_place (table, range->start, first, sizeof first);
  name_place (table, range->end - 1, last, sizeof last);
  if (strcmp (first, last) == 0)
    snprintf (place, DIFFERING_PLACE_MAX, "%s", first);
  else
    snprintf (place, DIFFERING_PLACE_MAX, "%s to %s", first, last);
  return place;
}
