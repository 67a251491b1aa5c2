/* SPDX-License-Identifier: MIT */
/* The disk view of the staged file, decoded on the board.
 *
 * No extents are asked for: finding them means decoding, and a one-Block image
 * would then be decoded again for the data.  Zeroes are found in the bytes. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "available-memory.h"
#include "image.h"
#include "image-source.h"
#include "report.h"

/* When the kernel does not tell. */
#define DEFAULT_MEMORY_LIMIT (64u << 20)

struct staged_source
{
  struct image_source head;
  struct image *image;
};

static int
fill (struct image_source *source, void *buf, size_t len, uint64_t offset)
{
  struct staged_source *s = (struct staged_source *) source;

  return image_pread (s->image, buf, len, offset);
}

static void
close_source (struct image_source *source)
{
  struct staged_source *s = (struct staged_source *) source;

  image_close (s->image);
  free (s);
}

static const struct image_source_ops ops = { fill, close_source };

/* Half of what is available: the other half is for everybody else, the staged
 * file being counted already.  A 32-bit program cannot address all that a board
 * may have. */
static uint64_t
memory_limit (void)
{
  const uint64_t available = available_memory ();
  const uint64_t limit = available ? available / 2 : DEFAULT_MEMORY_LIMIT;

  return limit < SIZE_MAX / 4 ? limit : SIZE_MAX / 4;
}

static struct image *
open_staged (const struct flash_settings *settings)
{
  struct image_options options = { .memory_limit = memory_limit () };
  char path[PATH_MAX];

  ram_root_path (path, "staged");
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) {
    report_error (ERROR_STAGED_COPY_DIFFERS,
                  "the staged image %s can't be opened: %s", path,
                  strerror (errno));
    return NULL;
  }
  return image_open (fd, settings->image, &options);
}

/* For gzip this decodes all of it once: what can't be decoded here is found
 * before the first write. */
static int
check_sizes (struct image *image, const struct flash_settings *settings)
{
  uint64_t size;

  if (image_disk_size (image, &size) == -1)
    return -1;
  if (size == settings->disk_size
      && image_stored_size (image) == settings->stored_size)
    return 0;
  report_error (ERROR_STAGED_COPY_DIFFERS,
                "the staged image has %" PRIu64 " bytes (%" PRIu64 " stored) "
                "instead of %" PRIu64 " (%" PRIu64 ")", size,
                image_stored_size (image), settings->disk_size,
                settings->stored_size);
  return -1;
}

struct image_source *
staged_source_open (const struct flash_settings *settings)
{
  struct staged_source *s = calloc (1, sizeof *s);

  if (!s) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for reading the image");
    return NULL;
  }
  s->head.ops = &ops;
  s->image = open_staged (settings);
  if (!s->image || check_sizes (s->image, settings) == -1) {
    close_source (&s->head);
    return NULL;
  }
  return &s->head;
}
