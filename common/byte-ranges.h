/* SPDX-License-Identifier: MIT */
/* A set of bytes, as ranges in rising order that do not touch.  Not thread
 * safe. */

#ifndef FLASHIMAGE_BYTE_RANGES_H
#define FLASHIMAGE_BYTE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_range
{
  uint64_t start, end;          /* END is the first byte behind */
};

/* All zero at first. */
struct byte_ranges
{
  struct byte_range *ranges;    /* owned */
  size_t nr, room;
};

/* Add the bytes from START up to END.  False, and nothing is added: no memory, or
 * there would be more than MAX ranges. */
bool byte_ranges_add (struct byte_ranges *set, uint64_t start, uint64_t end,
                      size_t max);

/* The range that holds OFFSET: false when none does, and then *FOUND is the next
 * one behind it, or starts and ends at UINT64_MAX. */
bool byte_ranges_find (const struct byte_ranges *set, uint64_t offset,
                       struct byte_range *found);

/* Make it empty, and free its memory. */
void byte_ranges_clear (struct byte_ranges *set);

#endif
