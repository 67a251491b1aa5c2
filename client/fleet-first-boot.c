/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fleet-first-boot.h"
#include "report.h"

static struct fleet_first_boot *
find (const struct fleet_first_boots *f, const char *path)
{
  for (size_t i = 0; path && i < f->nr; i++)
    if (strcmp (f->all[i].path, path) == 0)
      return &f->all[i];
  return NULL;
}

struct first_boot *
fleet_first_boots_find (const struct fleet_first_boots *f, const char *path)
{
  struct fleet_first_boot *found = find (f, path);

  return found ? &found->settings : NULL;
}

static int
give (struct fleet_first_boots *f, struct options *o)
{
  struct fleet_first_boot *file = find (f, o->first_boot_file);

  if (!file) {
    file = &f->all[f->nr++];
    file->path = o->first_boot_file;
    if (first_boot_read (&file->settings, file->path) == -1)
      return -1;
  }
  file->boards++;
  o->first_boot = &file->settings;
  return 0;
}

int
fleet_first_boots_read (struct fleet_first_boots *f, struct fleet_board boards[],
                        size_t nr)
{
  *f = (struct fleet_first_boots) { .all = calloc (nr, sizeof *f->all) };
  if (!f->all) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  for (size_t i = 0; i < nr; i++)
    if (boards[i].options.first_boot_file && give (f, &boards[i].options) == -1)
      return -1;
  for (size_t i = 0; i < nr; i++) {
    const struct fleet_first_boot *file = find (f, boards[i].options.first_boot_file);

    if (file && first_boot_check_options (&file->settings, &boards[i].options,
                                          file->boards) == -1)
      return -1;
  }
  return 0;
}

int
fleet_first_boots_make (struct fleet_first_boots *f, struct fleet_server *server)
{
  for (size_t i = 0; i < f->nr; i++)
    if (fleet_server_make_first_boot (server, &f->all[i].settings) == -1)
      return -1;
  return 0;
}

void
fleet_first_boots_release (struct fleet_first_boots *f)
{
  for (size_t i = 0; i < f->nr; i++)
    first_boot_release (&f->all[i].settings);
  free (f->all);
  *f = (struct fleet_first_boots) { 0 };
}
