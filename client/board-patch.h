/* SPDX-License-Identifier: MIT */
/* What one board's disk gets besides the image: the patch that the options ask for
 * (image-patch.h), made on this machine before anything is written. */

#ifndef FLASH_BOARD_PATCH_H
#define FLASH_BOARD_PATCH_H

#include <stddef.h>

#include "digest.h"

struct flash_job;

/* A file that the new system gets, for the plan. */
struct board_change
{
  char *what;                   /* why: "hostname" */
  char *path;                   /* its place in the new system */
};

/* All zero at first.  Without a patch: no FILE, and "none" for the digests. */
struct board_patch
{
  char options[DIGEST_HEX_SIZE];        /* of the options that make it */
  char digest[DIGEST_HEX_SIZE];
  unsigned char *file;          /* owned; what the board receives */
  size_t size;
  struct board_change *changes; /* owned */
  size_t nr_changes;
};

/* What needs no board: check the options of JOB, and fill in JOB->patch.options, by
 * which a flash that is under way is known to be the one that they ask for.  0, or -1
 * after a report. */
int board_patch_prepare (struct flash_job *job);

/* Make JOB->patch for the board, which is probed, from what it has and the image that
 * JOB->server serves.  0, or -1 after a report. */
int board_patch_make (struct flash_job *job);

/* Note what is changed, once each, for the plan.  0, or -1 after a report. */
int board_patch_add_change (struct board_patch *patch, const char *what,
                            const char *path);

/* Forget what was made for a board; what is prepared stays. */
void board_patch_release (struct board_patch *patch);

#endif
