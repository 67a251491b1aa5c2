/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>

#include "size-text.h"

char *
size_text (uint64_t bytes, char text[SIZE_TEXT_MAX])
{
  static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
  double value = (double) bytes / 1000;
  unsigned unit = 0;

  if (bytes < 1000) {
    snprintf (text, SIZE_TEXT_MAX, "%u bytes", (unsigned) bytes);
    return text;
  }
  while (value >= 999.95 && unit < 5) {
    value /= 1000;
    unit++;
  }
  snprintf (text, SIZE_TEXT_MAX, "%.1f %s", value, units[unit]);
  return text;
}
