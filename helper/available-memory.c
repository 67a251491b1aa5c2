/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>

#include "available-memory.h"

uint64_t
available_memory (void)
{
  char line[256];
  uint64_t kib = 0;
  FILE *file = fopen ("/proc/meminfo", "re");

  while (file && fgets (line, sizeof line, file))
    if (sscanf (line, "MemAvailable: %" SCNu64 " kB", &kib) == 1)
      break;
  if (file)
    fclose (file);
  return kib * 1024;
}
