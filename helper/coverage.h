/* SPDX-License-Identifier: MIT */
/* Which bytes of a buffer have arrived, when they come in any order. */

#ifndef FLASH_HELPER_COVERAGE_H
#define FLASH_HELPER_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Disjoint ranges that may be open at a time.  Servers send in order or nearly
 * so, and neighbours are merged. */
#define COVERAGE_RANGES 32

struct coverage
{
  uint32_t len;
  size_t nr_ranges;
  struct { uint32_t start, end; } ranges[COVERAGE_RANGES];  /* ascending */
};

/* Nothing of LEN bytes is there yet. */
void coverage_start (struct coverage *c, uint32_t len);

/* [START, START+LEN) has come; it lies within the buffer.  -1 when a byte of it
 * was there before, or when it is all too scattered. */
int coverage_add (struct coverage *c, uint32_t start, uint32_t len);

bool coverage_is_whole (const struct coverage *c);

#endif
