/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cleanup.h"
#include "hole-map.h"
#include "image-ops.h"
#include "xz-index.h"

/* An Index may claim any number of Blocks.  This is room for some four million,
 * and for the Indexes of some hundred thousand Streams. */
#define INDEX_MEMORY_MAX (UINT64_C (64) << 20)
/* What liblzma takes for a Stream and for a Block.  lzma_index_memused counts 512
 * Blocks for a Stream that has one. */
#define STREAM_MEMORY 512
#define RECORD_MEMORY 16
#define BUFFER_SIZE (64 * 1024)

struct xz_index
{
  lzma_index *lzma;
};

/* The Streams found so far, the last one of the file first. */
struct stream_list
{
  lzma_index **streams;
  size_t nr, room;
  uint64_t memory;
  unsigned char *buf;           /* BUFFER_SIZE */
};

static void
free_streams (struct stream_list *list)
{
  for (size_t i = 0; i < list->nr; i++)
    lzma_index_end (list->streams[i], NULL);
  free (list->streams);
  free (list->buf);
}

static int
no_footer (uint64_t end, struct fault *fault)
{
  return fault_set (fault, EBADMSG, "truncated, or followed by something else: "
                    "no xz Stream ends at byte %" PRIu64, end);
}

/* How many zero bytes end at END.  A Stream Footer ends in "YZ": none is of it. */
static int
read_padding (const struct image *im, struct stream_list *list, uint64_t end,
              uint64_t *padding, struct fault *fault)
{
  *padding = 0;
  for (;;) {
    uint64_t left = end - *padding;
    size_t n = left < BUFFER_SIZE ? (size_t) left : BUFFER_SIZE, zeroes = 0;

    if (image_read_stored (im, list->buf, n, left - n, fault) == -1)
      return -1;
    while (zeroes < n && list->buf[n - zeroes - 1] == 0)
      zeroes++;
    *padding += zeroes;
    if (zeroes < n || *padding == end)
      break;
  }
  return 0;
}

static int
read_footer (const struct image *im, uint64_t end, lzma_stream_flags *flags,
             struct fault *fault)
{
  unsigned char footer[LZMA_STREAM_HEADER_SIZE];

  if (end < 2 * LZMA_STREAM_HEADER_SIZE)
    return no_footer (end, fault);
  if (image_read_stored (im, footer, sizeof footer, end - sizeof footer,
                         fault) == -1)
    return -1;
  switch (lzma_stream_footer_decode (flags, footer)) {
  case LZMA_OK:
    break;
  case LZMA_FORMAT_ERROR:
    return no_footer (end, fault);
  case LZMA_OPTIONS_ERROR:
    return fault_set (fault, ENOTSUP, "the Stream Footer before byte %" PRIu64
                      " asks for something that this liblzma does not know", end);
  default:
    return fault_set (fault, EBADMSG, "the Stream Footer before byte %" PRIu64
                      " is damaged", end);
  }
  if (flags->backward_size > end - 2 * LZMA_STREAM_HEADER_SIZE)
    return fault_set (fault, EBADMSG, "the Stream Footer before byte %" PRIu64
                      " claims an Index larger than the file", end);
  return 0;
}

static int
index_fault (lzma_ret ret, uint64_t offset, struct fault *fault)
{
  if (ret == LZMA_MEMLIMIT_ERROR)
    return fault_set (fault, EFBIG, "the Index at byte %" PRIu64 " lists more "
                      "Blocks than this program is willing to hold", offset);
  if (ret == LZMA_MEM_ERROR)
    return fault_no_memory (fault, "the Index");
  return fault_set (fault, EBADMSG, "the Index at byte %" PRIu64 " is damaged",
                    offset);
}

static int
decode_index (const struct image *im, struct stream_list *list,
              uint64_t offset, uint64_t size, lzma_index **index,
              struct fault *fault)
{
  lzma_stream strm = LZMA_STREAM_INIT;
  uint64_t position = offset;
  lzma_ret ret;

  *index = NULL;
  ret = lzma_index_decoder (&strm, index, INDEX_MEMORY_MAX - list->memory);
  while (ret == LZMA_OK && position < offset + size) {
    uint64_t left = offset + size - position;
    size_t n = left < BUFFER_SIZE ? (size_t) left : BUFFER_SIZE;

    if (image_read_stored (im, list->buf, n, position, fault) == -1) {
      lzma_end (&strm);
      return -1;
    }
    position += n;
    strm.next_in = list->buf;
    strm.avail_in = n;
    ret = lzma_code (&strm, LZMA_RUN);
  }
  bool all_used = position == offset + size && strm.avail_in == 0;
  lzma_end (&strm);
  if (ret == LZMA_STREAM_END && all_used)
    return 0;
  if (ret == LZMA_STREAM_END) {
    lzma_index_end (*index, NULL);
    *index = NULL;
  }
  return index_fault (ret, offset, fault);
}

/* Compare the Stream Header at START with its Stream's FOOTER. */
static int
check_header (const struct image *im, uint64_t start,
              const lzma_stream_flags *footer, struct fault *fault)
{
  unsigned char buf[LZMA_STREAM_HEADER_SIZE];
  lzma_stream_flags header;

  if (image_read_stored (im, buf, sizeof buf, start, fault) == -1)
    return -1;
  if (lzma_stream_header_decode (&header, buf) != LZMA_OK)
    return fault_set (fault, EBADMSG, "no valid Stream Header at byte %" PRIu64
                      ", where the Index says that a Stream begins", start);
  if (lzma_stream_flags_compare (&header, footer) != LZMA_OK)
    return fault_set (fault, EBADMSG, "the Stream at byte %" PRIu64
                      " has a header that differs from its footer", start);
  return 0;
}

static int
append (struct stream_list *list, lzma_index *index, struct fault *fault)
{
  if (list->nr == list->room) {
    size_t room = list->room ? 2 * list->room : 8;
    lzma_index **streams = realloc (list->streams, room * sizeof *streams);

    if (!streams)
      return fault_no_memory (fault, "the Index");
    list->streams = streams;
    list->room = room;
  }
  list->streams[list->nr++] = index;
  list->memory +=
    STREAM_MEMORY + RECORD_MEMORY * lzma_index_block_count (index);
  if (list->memory >= INDEX_MEMORY_MAX)
    return index_fault (LZMA_MEMLIMIT_ERROR, 0, fault);
  return 0;
}

/* Read the Stream that ends at *END, padding included; *END becomes its start. */
static int
read_stream (const struct image *im, struct stream_list *list, uint64_t *end,
             struct fault *fault)
{
  lzma_stream_flags flags;
  lzma_index *index;
  uint64_t padding;

  if (read_padding (im, list, *end, &padding, fault) == -1
      || read_footer (im, *end - padding, &flags, fault) == -1)
    return -1;
  /* Only here is it padding, and not the zeroes of a file whose rest is missing. */
  if (padding % 4 != 0)
    return fault_set (fault, EBADMSG, "%" PRIu64 " bytes of Stream Padding before "
                      "byte %" PRIu64 ": not a multiple of four", padding, *end);
  uint64_t stream_end = *end - padding;
  uint64_t index_offset =
    stream_end - LZMA_STREAM_HEADER_SIZE - flags.backward_size;
  if (decode_index (im, list, index_offset, flags.backward_size, &index,
                    fault) == -1)
    return -1;
  if (append (list, index, fault) == -1) {
    if (list->nr == 0 || list->streams[list->nr - 1] != index)
      lzma_index_end (index, NULL);
    return -1;
  }

  uint64_t size = lzma_index_file_size (index);
  if (size == LZMA_VLI_UNKNOWN || size > stream_end)
    return fault_set (fault, EBADMSG, "truncated at its start: the Index at byte %"
                      PRIu64 " lists more than precedes it", index_offset);
  if (check_header (im, stream_end - size, &flags, fault) == -1)
    return -1;
  if (lzma_index_stream_flags (index, &flags) != LZMA_OK
      || lzma_index_stream_padding (index, padding) != LZMA_OK)
    return index_fault (LZMA_DATA_ERROR, index_offset, fault);
  *end = stream_end - size;
  return 0;
}

/* One Index out of those of all Streams.  From the first to the last: appending
 * a single Stream is cheap, prepending is not. */
static lzma_index *
join_streams (struct stream_list *list, struct fault *fault)
{
  lzma_index *all = list->streams[--list->nr];

  while (list->nr > 0) {
    lzma_ret ret = lzma_index_cat (all, list->streams[list->nr - 1], NULL);

    if (ret != LZMA_OK) {
      index_fault (ret, 0, fault);
      lzma_index_end (all, NULL);
      return NULL;
    }
    list->nr--;
  }
  return all;
}

static lzma_index *
read_all (const struct image *im, struct stream_list *list, struct fault *fault)
{
  uint64_t end = im->stored_size;

  list->buf = malloc (BUFFER_SIZE);
  if (!list->buf) {
    fault_no_memory (fault, "the Index");
    return NULL;
  }
  do
    if (read_stream (im, list, &end, fault) == -1)
      return NULL;
  while (end > 0);
  lzma_index *all = join_streams (list, fault);
  if (all && lzma_index_uncompressed_size (all) > DISK_SIZE_MAX) {
    fault_set (fault, EFBIG, "the Index claims a disk view of %" PRIu64 " bytes",
               (uint64_t) lzma_index_uncompressed_size (all));
    lzma_index_end (all, NULL);
    return NULL;
  }
  return all;
}

struct xz_index *
xz_index_read (const struct image *im, struct fault *fault)
{
  struct stream_list list = { .nr = 0 };
  struct xz_index *index = calloc (1, sizeof *index);

  if (!index) {
    fault_no_memory (fault, "the Index");
    return NULL;
  }
  index->lzma = read_all (im, &list, fault);
  free_streams (&list);
  if (!index->lzma) {
    free (index);
    return NULL;
  }
  return index;
}

void
xz_index_free (struct xz_index *index)
{
  if (!index)
    return;
  lzma_index_end (index->lzma, NULL);
  free (index);
}

uint64_t
xz_index_disk_size (const struct xz_index *index)
{
  return lzma_index_uncompressed_size (index->lzma);
}

uint64_t
xz_index_nr_blocks (const struct xz_index *index)
{
  return lzma_index_block_count (index->lzma);
}

const char *
xz_index_check_name (const struct xz_index *index)
{
  const uint32_t checks = lzma_index_checks (index->lzma);

  switch (checks) {
  case UINT32_C (1) << LZMA_CHECK_NONE:   return "none";
  case UINT32_C (1) << LZMA_CHECK_CRC32:  return "crc32";
  case UINT32_C (1) << LZMA_CHECK_CRC64:  return "crc64";
  case UINT32_C (1) << LZMA_CHECK_SHA256: return "sha256";
  }
  for (unsigned id = 0; id <= LZMA_CHECK_ID_MAX; id++)
    if ((checks & UINT32_C (1) << id) && lzma_check_is_supported ((lzma_check) id))
      return "mixed";
  return "unverifiable";
}

static void
describe (const lzma_index_iter *iter, struct xz_block_info *info)
{
  info->number = iter->block.number_in_file;
  info->stored_offset = iter->block.compressed_file_offset;
  info->unpadded_size = iter->block.unpadded_size;
  info->total_size = iter->block.total_size;
  info->disk_offset = iter->block.uncompressed_file_offset;
  info->disk_size = iter->block.uncompressed_size;
  info->check = iter->stream.flags->check;
}

bool
xz_index_locate (const struct xz_index *index, uint64_t offset,
                 struct xz_block_info *info)
{
  lzma_index_iter iter;

  lzma_index_iter_init (&iter, index->lzma);
  if (lzma_index_iter_locate (&iter, offset))
    return false;
  describe (&iter, info);
  return true;
}

void
xz_index_begin (const struct xz_index *index, struct xz_index_cursor *cursor)
{
  lzma_index_iter_init (&cursor->iter, index->lzma);
}

bool
xz_index_next (struct xz_index_cursor *cursor, struct xz_block_info *info)
{
  if (lzma_index_iter_next (&cursor->iter, LZMA_INDEX_ITER_BLOCK))
    return false;
  describe (&cursor->iter, info);
  return true;
}
