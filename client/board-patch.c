/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board-patch.h"
#include "first-boot.h"
#include "flash-job.h"
#include "image-overlay.h"
#include "keep.h"
#include "report.h"

#define NONE "none"

static bool
is_wanted (const struct options *o)
{
  return o->keep != 0 || o->first_boot;
}

/* Of everything that decides what the patch holds, but for the board and the image. */
static int
digest_options (const struct options *o, char hex[DIGEST_HEX_SIZE])
{
  unsigned char digest[DIGEST_SIZE];
  struct digest_state *state = digest_new ();
  char keep[KEEP_LIST_MAX];

  if (!state) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  keep_list (o->keep, keep);
  digest_add (state, "keep=", 5);
  digest_add (state, keep, strlen (keep) + 1);
  if (o->first_boot) {
    digest_add (state, "config=", 7);
    first_boot_add_to_digest (o->first_boot, state);
  }
  digest_get (state, digest);
  digest_free (state);
  digest_to_hex (digest, hex);
  return 0;
}

int
board_patch_prepare (struct flash_job *job)
{
  struct board_patch *patch = &job->patch;

  strcpy (patch->options, NONE);
  strcpy (patch->digest, NONE);
  if (!is_wanted (job->options))
    return 0;
  return (job->options->keep && keep_check (job->options) == -1)
         || digest_options (job->options, patch->options) == -1 ? -1 : 0;
}

/* The changes that were made in OVERLAY, as the file for the board. */
static int
take_changes (struct board_patch *patch, const struct image_overlay *overlay)
{
  struct image_patch made = { .disk_size = image_overlay_size (overlay) };

  if (image_overlay_to_patch (overlay, &made) == 0)
    patch->file = image_patch_make_file (&made, &patch->size);
  if (patch->file)
    digest_to_hex (made.digest, patch->digest);
  image_patch_release (&made);
  return patch->file ? 0 : -1;
}

/* It is made once, for all boards. */
static int
lay_first_boot (const struct flash_job *job, struct image_overlay *overlay)
{
  return job->options->first_boot
         ? first_boot_lay (job->options->first_boot, overlay) : 0;
}

int
board_patch_make (struct flash_job *job)
{
  struct image_overlay *overlay;
  int result = -1;

  if (!is_wanted (job->options))
    return 0;
  overlay = image_overlay_new (job->server, job->image.integrity.disk_size);
  if (overlay && lay_first_boot (job, overlay) == 0
      && (!job->options->keep || keep_lay (job, overlay) == 0))
    result = take_changes (&job->patch, overlay);
  image_overlay_free (overlay);
  return result;
}

int
board_patch_add_change (struct board_patch *patch, const char *what,
                        const char *path)
{
  struct board_change *changes, *c;

  for (size_t i = 0; i < patch->nr_changes; i++)
    if (strcmp (patch->changes[i].what, what) == 0
        && strcmp (patch->changes[i].path, path) == 0)
      return 0;
  changes = realloc (patch->changes, (patch->nr_changes + 1) * sizeof *changes);
  if (changes) {
    patch->changes = changes;
    c = &changes[patch->nr_changes++];
    c->what = strdup (what);
    c->path = strdup (path);
    if (c->what && c->path)
      return 0;
  }
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

void
board_patch_release (struct board_patch *patch)
{
  if (patch->file)              /* it may hold private keys */
    explicit_bzero (patch->file, patch->size);
  free (patch->file);
  for (size_t i = 0; i < patch->nr_changes; i++) {
    free (patch->changes[i].what);
    free (patch->changes[i].path);
  }
  free (patch->changes);
  patch->file = NULL;
  patch->changes = NULL;
  patch->size = patch->nr_changes = 0;
  strcpy (patch->digest, NONE);
}
