/* SPDX-License-Identifier: MIT */
/* How far something is, as one line of a given width.  Pure: no terminal, no clock. */

#ifndef FLASH_PROGRESS_LINE_H
#define FLASH_PROGRESS_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "terminal-style.h"

#define PROGRESS_LINE_MAX 512   /* bytes; some characters of a bar have three */

struct progress_view
{
  const char *label;
  uint64_t done, total;         /* bytes; total 0: not known */
  double rate;                  /* bytes a second; below 1: not known */
  uint64_t holes;               /* bytes that were zeroed, not sent */
  const char *slowest;          /* what holds it up; NULL or "": not known */
};

/* 100 only when all is done; 0 when TOTAL is 0. */
unsigned progress_percent (uint64_t done, uint64_t total);

/* Seconds until the end; 0: not known, or none. */
uint64_t progress_seconds_left (const struct progress_view *view);

/* All of it, without a bar: "writing  1.2 GB of 2.7 GB  44 %  12.3 MB/s  2:03 left
 * slowest: network  0.4 GB holes". */
void progress_line_plain (char line[PROGRESS_LINE_MAX],
                          const struct progress_view *view);

/* In COLUMNS at most, with a bar where there is room; what has none is left out, what
 * is least worth first.  UTF-8 and colours as STYLE has them. */
void progress_line_fit (char line[PROGRESS_LINE_MAX],
                        const struct progress_view *view, size_t columns,
                        const struct terminal_style *style);

#endif
