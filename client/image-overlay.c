/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libnbd.h>

#include "image-facts.h"
#include "image-overlay.h"
#include "report.h"

#define BLOCK 4096
#define MAX_BLOCKS (IMAGE_PATCH_MAX_DATA / BLOCK)
#define MAX_READ (1u << 20)     /* in one request, far below any server's limit */

struct block
{
  uint64_t number;
  unsigned char *bytes;         /* BLOCK of them, zeroes behind the disk's end */
};

struct image_overlay
{
  struct image_server *server;
  struct nbd_handle *nbd;
  uint64_t size;
  struct block *blocks;         /* what was written, by rising number */
  size_t nr_blocks;
};

static int
check_size (struct image_overlay *o)
{
  const int64_t size = nbd_get_size (o->nbd);

  if (size == -1)
    image_facts_report_nbd (o->server, "the image cannot be read");
  else if ((uint64_t) size != o->size)
    report_error (ERROR_IMAGE_CHANGED,
                  "the image server now offers %" PRIi64 " bytes instead of %"
                  PRIu64 ": the image was exchanged", size, o->size);
  return size >= 0 && (uint64_t) size == o->size ? 0 : -1;
}

struct image_overlay *
image_overlay_new (struct image_server *server, uint64_t disk_size)
{
  struct image_overlay *o = calloc (1, sizeof *o);

  if (!o || !(o->blocks = calloc (MAX_BLOCKS, sizeof *o->blocks))) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    free (o);
    return NULL;
  }
  o->server = server;
  o->size = disk_size;
  o->nbd = image_facts_connect (server, "");
  if (!o->nbd || check_size (o) == -1) {
    image_overlay_free (o);
    return NULL;
  }
  return o;
}

void
image_overlay_free (struct image_overlay *o)
{
  if (!o)
    return;
  for (size_t i = 0; i < o->nr_blocks; i++)
    free (o->blocks[i].bytes);
  free (o->blocks);
  nbd_close (o->nbd);
  free (o);
}

uint64_t
image_overlay_size (const struct image_overlay *o)
{
  return o->size;
}

/* The index of the first block that was written, from NUMBER on. */
static size_t
find_block (const struct image_overlay *o, uint64_t number)
{
  size_t low = 0, high = o->nr_blocks;

  while (low < high) {
    const size_t middle = low + (high - low) / 2;

    if (o->blocks[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Bytes of block NUMBER: the last one of a disk may be shorter. */
static size_t
block_size (const struct image_overlay *o, uint64_t number)
{
  const uint64_t left = o->size - number * BLOCK;

  return left < BLOCK ? (size_t) left : BLOCK;
}

static int
check_range (const struct image_overlay *o, size_t len, uint64_t offset)
{
  if (offset <= o->size && len <= o->size - offset)
    return 0;
  report_error (ERROR_PATCH_TOO_LARGE,
                "%zu bytes at offset %" PRIu64 " are beyond the end of the image "
                "(%" PRIu64 " bytes)", len, offset, o->size);
  return -1;
}

static int
read_image (const struct image_overlay *o, void *buf, size_t len, uint64_t offset)
{
  for (size_t done = 0; done < len;) {
    const size_t n = len - done < MAX_READ ? len - done : MAX_READ;

    if (nbd_pread (o->nbd, (char *) buf + done, n, offset + done, 0) == -1) {
      image_facts_report_nbd (o->server, "the image cannot be read");
      return -1;
    }
    done += n;
  }
  return 0;
}

int
image_overlay_read (struct image_overlay *o, void *buf, size_t len,
                    uint64_t offset)
{
  const uint64_t end = offset + len;

  if (check_range (o, len, offset) == -1)
    return -1;
  if (len == 0)
    return 0;
  size_t i = find_block (o, offset / BLOCK);
  /* A single block that was written needs no server. */
  if (i == o->nr_blocks || o->blocks[i].number * BLOCK > offset
      || end > (o->blocks[i].number + 1) * BLOCK)
    if (read_image (o, buf, len, offset) == -1)
      return -1;
  for (; i < o->nr_blocks && o->blocks[i].number * BLOCK < end; i++) {
    const uint64_t start = o->blocks[i].number * BLOCK;
    const uint64_t from = start > offset ? start : offset;
    const uint64_t to = start + BLOCK < end ? start + BLOCK : end;

    memcpy ((char *) buf + (from - offset), o->blocks[i].bytes + (from - start),
            (size_t) (to - from));
  }
  return 0;
}

/* Block NUMBER as something that can be written to.  NULL after a report. */
static unsigned char *
own_block (struct image_overlay *o, uint64_t number)
{
  const size_t i = find_block (o, number);

  if (i < o->nr_blocks && o->blocks[i].number == number)
    return o->blocks[i].bytes;
  if (o->nr_blocks == MAX_BLOCKS) {
    report_error (ERROR_PATCH_TOO_LARGE,
                  "what is to be changed in the image is more than %u MiB",
                  IMAGE_PATCH_MAX_DATA >> 20);
    return NULL;
  }
  unsigned char *bytes = calloc (1, BLOCK);
  if (!bytes) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  if (read_image (o, bytes, block_size (o, number), number * BLOCK) == -1) {
    free (bytes);
    return NULL;
  }
  memmove (o->blocks + i + 1, o->blocks + i,
           (o->nr_blocks - i) * sizeof *o->blocks);
  o->nr_blocks++;
  o->blocks[i] = (struct block) { number, bytes };
  return bytes;
}

int
image_overlay_write (struct image_overlay *o, const void *buf, size_t len,
                     uint64_t offset)
{
  if (check_range (o, len, offset) == -1)
    return -1;
  for (size_t done = 0; done < len;) {
    const uint64_t at = offset + done;
    const size_t skip = (size_t) (at % BLOCK);
    const size_t n = len - done < BLOCK - skip ? len - done : BLOCK - skip;
    unsigned char *bytes = own_block (o, at / BLOCK);

    if (!bytes)
      return -1;
    memcpy (bytes + skip, (const char *) buf + done, n);
    done += n;
  }
  return 0;
}

int
image_overlay_to_patch (const struct image_overlay *o, struct image_patch *patch)
{
  unsigned char before[BLOCK];

  for (size_t i = 0; i < o->nr_blocks; i++) {
    const struct block *b = &o->blocks[i];
    const size_t len = block_size (o, b->number);

    if (read_image (o, before, len, b->number * BLOCK) == -1)
      return -1;
    if (memcmp (before, b->bytes, len) != 0
        && image_patch_add (patch, b->number * BLOCK, b->bytes, len) == -1)
      return -1;
  }
  return 0;
}
