/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include "bmap-file.h"
#include "checksum-file.h"
#include "hole-map.h"
#include "xml-scanner.h"

#define BLOCK_SIZE_MAX (UINT64_C (1) << 30)
#define NOT_SEEN UINT64_MAX

/* A bmap while it is read. */
struct bmap_reader
{
  const char *text;
  size_t len;
  uint64_t image_size, block_size, blocks_count;        /* or NOT_SEEN */
  uint64_t next_block;          /* the Ranges before it are dealt with */
  bool in_map, map_seen, ended;
  bool sha256;                  /* what ChecksumType says */
  const char *checksum;         /* in TEXT, or NULL */
  size_t checksum_len;
  struct bmap *bmap;
  size_t room;
  char *error;
  size_t error_size;
};

static int bad (struct bmap_reader *r, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 2, 3)));

static int
bad (struct bmap_reader *r, const char *fmt, ...)
{
  va_list args;

  va_start (args, fmt);
  if (vsnprintf (r->error, r->error_size, fmt, args) < 0)
    r->error[0] = '\0';
  va_end (args);
  return -1;
}

/* Digits at *P, which goes behind them: false, none, or too many. */
static bool
take_number (const char **p, const char *end, uint64_t *number)
{
  const char *start = *p;
  uint64_t n = 0;

  for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
    if (n > (DISK_SIZE_MAX - 9) / 10)
      return false;
    n = n * 10 + (uint64_t) (**p - '0');
  }
  *number = n;
  return *p > start;
}

static int
take_field (struct bmap_reader *r, const struct xml_tag *tag, uint64_t *field)
{
  const char *p = tag->text, *end = p + tag->text_len;

  if (*field != NOT_SEEN)
    return bad (r, "%.*s is there twice", (int) tag->name_len, tag->name);
  if (!take_number (&p, end, field) || p != end || *field == 0)
    return bad (r, "%.*s is not a sensible number", (int) tag->name_len,
                tag->name);
  return 0;
}

/* The versions differ in their first number when they are not compatible. */
static int
check_version (struct bmap_reader *r, const struct xml_tag *tag)
{
  const char *p = memmem (tag->attributes, tag->attributes_len, "version=", 8);
  const char *end = tag->attributes + tag->attributes_len;
  uint64_t major;

  if (!p)
    return bad (r, "it has no version");
  p += 8;
  if (p < end && (*p == '"' || *p == '\''))
    p++;
  if (!take_number (&p, end, &major) || (major != 1 && major != 2))
    return bad (r, "its version is neither 1 nor 2");
  return 0;
}

static int
check_fields (struct bmap_reader *r)
{
  if (r->image_size == NOT_SEEN || r->block_size == NOT_SEEN
      || r->blocks_count == NOT_SEEN)
    return bad (r, "ImageSize, BlockSize or BlocksCount does not come before "
                "the BlockMap");
  if (r->block_size > BLOCK_SIZE_MAX)
    return bad (r, "BlockSize is too large: %" PRIu64, r->block_size);
  if (r->blocks_count
      != (r->image_size + r->block_size - 1) / r->block_size)
    return bad (r, "BlocksCount contradicts ImageSize and BlockSize");
  return 0;
}

/* The blocks from r->next_block to END (excluded) hold no data. */
static int
add_hole (struct bmap_reader *r, uint64_t end)
{
  struct bmap *bmap = r->bmap;

  if (end == r->next_block)
    return 0;
  if (bmap->nr_holes == r->room) {
    size_t room = r->room ? r->room * 2 : 64;
    struct bmap_range *holes = realloc (bmap->holes, room * sizeof *holes);

    if (!holes)
      return bad (r, "out of memory");
    bmap->holes = holes;
    r->room = room;
  }
  struct bmap_range *hole = &bmap->holes[bmap->nr_holes++];
  uint64_t limit = end == r->blocks_count ? r->image_size : end * r->block_size;
  hole->offset = r->next_block * r->block_size;
  hole->length = limit - hole->offset;
  return 0;
}

/* "FIRST-LAST" or "BLOCK", in rising order. */
static int
take_range (struct bmap_reader *r, const struct xml_tag *tag)
{
  const char *p = tag->text, *end = p + tag->text_len;
  uint64_t first = 0, last;
  bool ok = take_number (&p, end, &first);

  last = first;
  if (ok && p < end && *p == '-') {
    p++;
    ok = take_number (&p, end, &last);
  }
  if (!ok || p != end || last < first || last >= r->blocks_count)
    return bad (r, "a Range is wrong: \"%.*s\"",
                tag->text_len < 60 ? (int) tag->text_len : 60, tag->text);
  if (first < r->next_block)
    return bad (r, "the Ranges do not rise at block %" PRIu64, first);
  if (add_hole (r, first) == -1)
    return -1;
  r->next_block = last + 1;
  return 0;
}

static int
take_checksum (struct bmap_reader *r, const struct xml_tag *tag)
{
  if (r->checksum)
    return bad (r, "BmapFileChecksum is there twice");
  r->checksum = tag->text;
  r->checksum_len = tag->text_len;
  return 0;
}

static int
take_block_map (struct bmap_reader *r)
{
  if (r->map_seen)
    return bad (r, "BlockMap is there twice");
  r->map_seen = r->in_map = true;
  return check_fields (r);
}

static int
take_closing (struct bmap_reader *r, const struct xml_tag *tag)
{
  if (xml_tag_is (tag, "BlockMap"))
    r->in_map = false;
  if (xml_tag_is (tag, "bmap"))
    r->ended = true;
  return 0;
}

static int
take_tag (struct bmap_reader *r, const struct xml_tag *tag)
{
  if (tag->closing)
    return take_closing (r, tag);
  if (xml_tag_is (tag, "Range"))
    return r->in_map ? take_range (r, tag) : bad (r, "a Range outside of the "
                                                  "BlockMap");
  if (xml_tag_is (tag, "ImageSize"))
    return take_field (r, tag, &r->image_size);
  if (xml_tag_is (tag, "BlockSize"))
    return take_field (r, tag, &r->block_size);
  if (xml_tag_is (tag, "BlocksCount"))
    return take_field (r, tag, &r->blocks_count);
  if (xml_tag_is (tag, "BlockMap"))
    return take_block_map (r);
  if (xml_tag_is (tag, "BmapFileChecksum"))
    return take_checksum (r, tag);
  if (xml_tag_is (tag, "ChecksumType"))
    r->sha256 = tag->text_len == 6 && memcmp (tag->text, "sha256", 6) == 0;
  return 0;
}

/* The checksum was made of the file with zeroes in the checksum's place. */
static int
verify_checksum (struct bmap_reader *r)
{
  static const uint8_t zeroes[2 * CHECKSUM_SIZE + 1] =
    "0000000000000000000000000000000000000000000000000000000000000000";
  unsigned char want[CHECKSUM_SIZE], is[CHECKSUM_SIZE];
  struct sha256_ctx ctx;

  if (!r->sha256 || !r->checksum)
    return 0;
  if (!checksum_from_hex (r->checksum, r->checksum_len, want))
    return bad (r, "BmapFileChecksum is no SHA-256");
  size_t before = (size_t) (r->checksum - r->text);
  size_t behind = before + r->checksum_len;
  sha256_init (&ctx);
  sha256_update (&ctx, before, (const uint8_t *) r->text);
  sha256_update (&ctx, r->checksum_len, zeroes);
  sha256_update (&ctx, r->len - behind, (const uint8_t *) r->text + behind);
  sha256_digest (&ctx, sizeof is, is);
  if (memcmp (want, is, sizeof is) != 0)
    return bad (r, "it is damaged: its own checksum is wrong");
  return 0;
}

static int
read_bmap (struct bmap_reader *r)
{
  struct xml_scanner scanner = { .next = r->text, .end = r->text + r->len };
  struct xml_tag tag;

  if (xml_scanner_next (&scanner, &tag) != 1 || !xml_tag_is (&tag, "bmap"))
    return bad (r, "it does not begin with <bmap>");
  if (check_version (r, &tag) == -1)
    return -1;
  while (!r->ended && xml_scanner_next (&scanner, &tag) == 1)
    if (take_tag (r, &tag) == -1)
      return -1;
  if (!r->ended)
    return bad (r, "it is truncated");
  if (!r->map_seen)
    return bad (r, "it has no BlockMap");
  if (verify_checksum (r) == -1)
    return -1;
  return add_hole (r, r->blocks_count);
}

struct bmap *
bmap_file_parse (const char *text, size_t len, char *error, size_t error_size)
{
  struct bmap_reader r = {
    .text = text, .len = len, .image_size = NOT_SEEN, .block_size = NOT_SEEN,
    .blocks_count = NOT_SEEN, .error = error, .error_size = error_size,
    .bmap = calloc (1, sizeof *r.bmap)
  };

  error[0] = '\0';
  if (!r.bmap) {
    bad (&r, "out of memory");
    return NULL;
  }
  if (read_bmap (&r) == -1) {
    bmap_free (r.bmap);
    return NULL;
  }
  r.bmap->image_size = r.image_size;
  return r.bmap;
}

void
bmap_free (struct bmap *bmap)
{
  if (!bmap)
    return;
  free (bmap->holes);
  free (bmap);
}
