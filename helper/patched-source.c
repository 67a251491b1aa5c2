/* SPDX-License-Identifier: MIT */
/* Another source with the session's patch laid over it.  So everything behind it,
 * dd, the digests, the repair of what reads back differently, knows only the disk as
 * it is to be. */
#include <config.h>

#include <stdlib.h>

#include "image-source.h"
#include "patch-file.h"
#include "report.h"

struct patched_source
{
  struct image_source head;
  struct image_source *inner;   /* owned */
  struct patch_file file;
};

static int
fill (struct image_source *source, void *buf, size_t len, uint64_t offset)
{
  struct patched_source *s = (struct patched_source *) source;

  if (image_source_fill (s->inner, buf, len, offset) == -1)
    return -1;
  source->payload = s->inner->payload;
  image_patch_lay_over (&s->file.patch, buf, len, offset);
  return 0;
}

static void
close_source (struct image_source *source)
{
  struct patched_source *s = (struct patched_source *) source;

  image_source_close (s->inner);
  patch_file_close (&s->file);
  free (s);
}

static const struct image_source_ops ops = { fill, close_source };

struct image_source *
patched_source_open (struct image_source *inner,
                     const struct flash_settings *settings)
{
  struct patched_source *s = calloc (1, sizeof *s);

  if (!s)
    report_error (ERROR_OUT_OF_MEMORY, "no memory for reading the image");
  if (!s || patch_file_open (&s->file, settings) == -1) {
    image_source_close (inner);
    free (s);
    return NULL;
  }
  s->head.ops = &ops;
  s->inner = inner;
  return &s->head;
}
