/* SPDX-License-Identifier: MIT */
/* `swap list | off PATH | on PRIORITY PATH`: paths are those of the old root. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>

#include "block-device.h"
#include "cleanup.h"
#include "commands.h"
#include "mount-table.h"
#include "old-root.h"
#include "report.h"
#include "swap.h"

#define SWAP_TABLE "/proc/swaps"

static bool
lies_on (const char *path, dev_t disk)
{
  struct stat st;

  if (stat (path, &st) == -1)
    return false;
  return S_ISBLK (st.st_mode) ? block_device_on_disk (st.st_rdev, disk)
                              : mount_table_file_on_disk (path, disk);
}

/* PATH TYPE SIZE USED PRIORITY; the first line is a heading. */
static bool
parse_line (char *line, struct swap_area *area)
{
  char *words[5], *save = NULL;

  for (size_t i = 0; i < 5; i++) {
    words[i] = strtok_r (i == 0 ? line : NULL, " \t\n", &save);
    if (!words[i])
      return false;
  }
  mount_table_decode (words[0]);
  area->path = words[0];
  area->priority = atoi (words[4]);
  return words[0][0] == '/';
}

int
swap_on_disk (dev_t disk, swap_fn fn, void *opaque)
{
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  int r = 0;
  FILE *file = fopen (SWAP_TABLE, "re");

  /* A kernel without swap has no such file. */
  if (!file && errno == ENOENT)
    return 0;
  if (!file) {
    report_error (ERROR_SWAP_FAILED, SWAP_TABLE ": %s", strerror (errno));
    return -1;
  }
  while (r == 0 && getline (&line, &size, file) > 0) {
    struct swap_area area;

    if (parse_line (line, &area) && lies_on (area.path, disk))
      r = fn (opaque, &area);
  }
  if (r == 0 && ferror (file)) {
    report_error (ERROR_SWAP_FAILED, SWAP_TABLE ": %s", strerror (errno));
    r = -1;
  }
  fclose (file);
  return r;
}

static int
print_area (void *opaque, const struct swap_area *area)
{
  (void) opaque;
  if (strchr (area->path, '\n')) {
    report_error (ERROR_SWAP_FAILED,
                  "swap: a path with a newline in it cannot be handled");
    return -1;
  }
  return printf ("%d %s\n", area->priority, area->path) < 0 ? -1 : 0;
}

static int
list_areas (void)
{
  dev_t target;

  if (old_root_target (&target) == -1
      || swap_on_disk (target, print_area, NULL) != 0)
    return 1;
  return fflush (stdout) == EOF;
}

static int
switch_off (const char *path)
{
  if (swapoff (path) == 0)
    return 0;
  report_error (ERROR_SWAP_FAILED, "swapoff %s: %s%s", path, strerror (errno),
                errno == ENOMEM ? " (the memory is needed: stop services, or"
                " use --stream)" : "");
  return 1;
}

static int
switch_on (const char *priority_text, const char *path)
{
  const int priority = atoi (priority_text);
  int flags = 0;

  if (priority >= 0)
    flags = SWAP_FLAG_PREFER | (priority & SWAP_FLAG_PRIO_MASK);
  /* Busy: it never was off, or is on again. */
  if (swapon (path, flags) == 0 || errno == EBUSY)
    return 0;
  report_error (ERROR_SWAP_FAILED, "swapon %s: %s", path, strerror (errno));
  return 1;
}

int
swap_command (int argc, char **argv)
{
  if (old_root_enter () == -1)
    return 1;
  if (argc == 2 && strcmp (argv[1], "list") == 0)
    return list_areas ();
  if (argc == 3 && strcmp (argv[1], "off") == 0)
    return switch_off (argv[2]);
  if (argc == 4 && strcmp (argv[1], "on") == 0)
    return switch_on (argv[2], argv[3]);
  report_error (ERROR_BUILD_MISMATCH, "usage: swap list | off PATH | on PRIORITY PATH");
  return 1;
}
