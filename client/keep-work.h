/* SPDX-License-Identifier: MIT */
/* What the parts of --keep share while one board's files are laid into a root file
 * system.  Functions return 0, or -1 after a report. */

#ifndef FLASH_KEEP_WORK_H
#define FLASH_KEEP_WORK_H

#include "account-table.h"
#include "ext4-volume.h"
#include "flash-job.h"
#include "kept-files.h"

struct keep_work
{
  struct flash_job *job;
  const struct kept_files *files;       /* of the board */
  struct ext4_volume *root;             /* of the image */
  struct account_table accounts;        /* of the image */
  unsigned cloud_init;          /* items that it must leave alone */
};

/* Report that ITEM cannot be kept, and why. */
int keep_refuse (enum keep_item item, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 2, 3)));

/* Whether the new system has the file or the folder PATH. */
bool keep_has_file (struct keep_work *w, const char *path);
bool keep_has_folder (struct keep_work *w, const char *path);

/* The number of ITEM's files on the board. */
size_t keep_count (const struct keep_work *w, enum keep_item item);

/* The new file PATH, for the plan, too. */
int keep_put (struct keep_work *w, enum keep_item item, const char *path,
              const void *data, size_t len, const struct ext4_owner *owner);
/* A file of the board, where it was, with MODE, owned by root. */
int keep_put_as_root (struct keep_work *w, const struct kept_file *file,
                      unsigned mode);
/* The folder PATH, and those above it: those that are not there become root's. */
int keep_make_folders (struct keep_work *w, const char *path);

/* The items. */
int keep_lay_host_keys (struct keep_work *w);
int keep_lay_hostname (struct keep_work *w);
int keep_lay_machine_id (struct keep_work *w);
int keep_lay_authorized_keys (struct keep_work *w);
int keep_lay_network (struct keep_work *w);

#endif
