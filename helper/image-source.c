/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "image-source.h"

struct image_source *
image_source_open (const struct flash_settings *settings)
{
  struct image_source *source = settings->stream ? tunnel_source_open (settings)
                                                 : staged_source_open (settings);

  return source && *settings->patch ? patched_source_open (source, settings)
                                    : source;
}

int
image_source_fill (struct image_source *source, void *buf, size_t len,
                   uint64_t offset)
{
  return source->ops->fill (source, buf, len, offset);
}

void
image_source_close (struct image_source *source)
{
  if (source)
    source->ops->close (source);
}
