/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "image-ops.h"
#include "xz-block.h"

#define BUFFER_SIZE (64 * 1024)
#define DICTIONARY_MIN 4096     /* liblzma takes no smaller one */
/* A decoder may take that much even under a lower memory limit: nearly twice what
 * `xz -9` asks for. */
#define DECODER_MEMORY_MIN (UINT64_C (128) << 20)

struct xz_block_decoder
{
  const struct image *im;
  struct xz_block_info info;
  lzma_block block;             /* liblzma keeps a pointer to it */
  lzma_stream strm;
  uint64_t position;            /* stored offset of the next byte to read */
  bool finished;                /* everything is verified */
  unsigned char buf[BUFFER_SIZE];
};

static int
block_fault (struct fault *fault, int errnum, const struct xz_block_info *info,
             const char *what)
{
  return fault_set (fault, errnum, "%s in Block %" PRIu64 " at offset %" PRIu64
                    " (disk view: %" PRIu64 " to %" PRIu64 ")", what,
                    info->number, info->stored_offset, info->disk_offset,
                    info->disk_offset + info->disk_size);
}

static int
lzma_fault (struct fault *fault, const struct xz_block_info *info, lzma_ret ret)
{
  switch (ret) {
  case LZMA_MEM_ERROR:
    return block_fault (fault, ENOMEM, info, "not enough memory for a decoder");
  case LZMA_OPTIONS_ERROR:
    return block_fault (fault, ENOTSUP, info, "a filter that this liblzma does "
                        "not know");
  default:
    return block_fault (fault, EBADMSG, info, "damaged data");
  }
}

static void
free_options (lzma_filter *filters)
{
  for (size_t i = 0; i <= LZMA_FILTERS_MAX; i++) {
    free (filters[i].options);
    filters[i].options = NULL;
  }
}

/* No distance can reach back farther than the Block's own start; so a forged
 * dictionary size costs no more memory than the Block itself. */
static void
bound_dictionary (lzma_filter *filters, uint64_t disk_size)
{
  uint64_t bound = disk_size > DICTIONARY_MIN ? disk_size : DICTIONARY_MIN;

  for (size_t i = 0; filters[i].id != LZMA_VLI_UNKNOWN; i++)
    if (filters[i].id == LZMA_FILTER_LZMA2) {
      lzma_options_lzma *options = filters[i].options;

      if (options->dict_size > bound)
        options->dict_size = (uint32_t) bound;
    }
}

/* Decode the Block Header into BLOCK and FILTERS, whose options the caller frees,
 * and hold it against the Index.  At HEADER are the first bytes of the Block, as
 * many as the largest header has, or all. */
static int
decode_header (const unsigned char *header, const struct xz_block_info *info,
               lzma_block *block, lzma_filter *filters, struct fault *fault)
{
  if (header[0] == 0)
    return block_fault (fault, EBADMSG, info, "no Block Header");
  block->version = 0;
  block->check = info->check;
  block->filters = filters;
  block->header_size = lzma_block_header_size_decode (header[0]);
  if (block->header_size >= info->unpadded_size)
    return block_fault (fault, EBADMSG, info, "a damaged Block Header");
  lzma_ret ret = lzma_block_header_decode (block, NULL, header);
  if (ret == LZMA_OPTIONS_ERROR || ret == LZMA_MEM_ERROR)
    return lzma_fault (fault, info, ret);
  if (ret != LZMA_OK)
    return block_fault (fault, EBADMSG, info, "a damaged Block Header");
  bound_dictionary (filters, info->disk_size);

  if (lzma_block_compressed_size (block, info->unpadded_size) != LZMA_OK
      || (block->uncompressed_size != LZMA_VLI_UNKNOWN
          && block->uncompressed_size != info->disk_size))
    return block_fault (fault, EBADMSG, info,
                        "a Block Header that contradicts the Index");
  block->uncompressed_size = info->disk_size;
  return 0;
}

static void
init_filters (lzma_filter *filters)
{
  for (size_t i = 0; i <= LZMA_FILTERS_MAX; i++) {
    filters[i].id = LZMA_VLI_UNKNOWN;
    filters[i].options = NULL;
  }
}

/* A dictionary may have 4 GiB, and a bomb fills it out of a small file. */
static int
check_memory (const struct image *im, const struct xz_block_info *info,
              const lzma_filter *filters, struct fault *fault)
{
  const uint64_t limit = im->options.memory_limit > DECODER_MEMORY_MIN
                         ? im->options.memory_limit : DECODER_MEMORY_MIN;
  uint64_t memory = lzma_raw_decoder_memusage (filters);

  if (memory == UINT64_MAX || memory <= limit)
    return 0;
  return fault_set (fault, ENOMEM, "Block %" PRIu64 " at offset %" PRIu64
                    " needs %" PRIu64 " MiB of memory to be decoded, and the limit"
                    " is %" PRIu64 " MiB", info->number, info->stored_offset,
                    memory >> 20, limit >> 20);
}

uint64_t
xz_block_memory (const struct image *im, const struct xz_block_info *info)
{
  unsigned char header[LZMA_BLOCK_HEADER_SIZE_MAX];
  const size_t len = info->total_size < sizeof header ? (size_t) info->total_size
                                                      : sizeof header;
  lzma_filter filters[LZMA_FILTERS_MAX + 1];
  lzma_block block = { .version = 0 };
  struct fault ignored;
  uint64_t memory = UINT64_MAX;

  init_filters (filters);
  if (image_read_stored (im, header, len, info->stored_offset, &ignored) == 0
      && decode_header (header, info, &block, filters, &ignored) == 0)
    memory = lzma_raw_decoder_memusage (filters);
  free_options (filters);
  /* What cannot be decoded will fail soon and take nothing. */
  return sizeof (struct xz_block_decoder) + (memory == UINT64_MAX ? 0 : memory);
}

static int
fill_input (struct xz_block_decoder *d, struct fault *fault)
{
  const uint64_t end = d->info.stored_offset + d->info.total_size;
  uint64_t left = end - d->position;
  size_t n = left < BUFFER_SIZE ? (size_t) left : BUFFER_SIZE;

  if (n > 0
      && image_read_stored (d->im, d->buf, n, d->position, fault) == -1)
    return -1;
  d->position += n;
  d->strm.next_in = d->buf;
  d->strm.avail_in = n;
  return 0;
}

struct xz_block_decoder *
xz_block_start (const struct image *im, const struct xz_block_info *info,
                struct fault *fault)
{
  lzma_filter filters[LZMA_FILTERS_MAX + 1];
  struct xz_block_decoder *d = malloc (sizeof *d);
  lzma_stream init = LZMA_STREAM_INIT;
  int r;

  if (!d) {
    fault_no_memory (fault, "a decoder");
    return NULL;
  }
  memset (d, 0, offsetof (struct xz_block_decoder, buf));
  d->im = im;
  d->info = *info;
  d->position = info->stored_offset;
  d->strm = init;
  init_filters (filters);
  r = fill_input (d, fault);    /* one read for all of a tiny Block */
  if (r == 0)
    r = decode_header (d->buf, info, &d->block, filters, fault);
  if (r == 0)
    r = check_memory (im, info, filters, fault);
  if (r == 0) {
    d->strm.next_in += d->block.header_size;
    d->strm.avail_in -= d->block.header_size;
    lzma_ret ret = lzma_block_decoder (&d->strm, &d->block);
    if (ret != LZMA_OK)
      r = lzma_fault (fault, info, ret);
  }
  free_options (filters);       /* needed for the initialization only */
  d->block.filters = NULL;
  if (r == -1) {
    xz_block_stop (d);
    return NULL;
  }
  return d;
}

void
xz_block_stop (struct xz_block_decoder *d)
{
  if (!d)
    return;
  lzma_end (&d->strm);
  free (d);
}

/* One call of the decoder.  0: go on. */
static int
code (struct xz_block_decoder *d, struct fault *fault)
{
  if (d->strm.avail_in == 0 && fill_input (d, fault) == -1)
    return -1;
  lzma_ret ret = lzma_code (&d->strm, LZMA_RUN);

  if (ret == LZMA_STREAM_END) {
    d->finished = true;
    return 0;
  }
  if (ret == LZMA_OK)
    return 0;
  if (ret == LZMA_BUF_ERROR)    /* no input left, and none came out */
    return block_fault (fault, EBADMSG, &d->info, "data without an end");
  /* All data came out and something after them is wrong: the Check. */
  if (ret == LZMA_DATA_ERROR && d->strm.total_out == d->info.disk_size
      && d->position - d->strm.avail_in
         >= d->info.stored_offset + d->info.unpadded_size
            - lzma_check_size (d->info.check))
    return block_fault (fault, EBADMSG, &d->info, "Check mismatch");
  return lzma_fault (fault, &d->info, ret);
}

ssize_t
xz_block_next (struct xz_block_decoder *d, void *buf, size_t len,
               struct fault *fault)
{
  d->strm.next_out = buf;
  d->strm.avail_out = len;
  while (!d->finished
         && (d->strm.avail_out > 0 || d->strm.total_out == d->info.disk_size))
    if (code (d, fault) == -1)
      return -1;
  if (d->strm.avail_out > 0)
    return block_fault (fault, EBADMSG, &d->info, "too little data");
  return (ssize_t) len;
}

uint64_t
xz_block_stored_done (const struct xz_block_decoder *d)
{
  return d->position - d->info.stored_offset;
}
