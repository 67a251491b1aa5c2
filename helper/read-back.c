/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cleanup.h"
#include "freeze.h"
#include "partition-heads.h"
#include "progress.h"
#include "read-back.h"
#include "report.h"
#include "say.h"

/* verify=sample: these, the last, the heads of the partitions, and one in
 * SAMPLE_STEP. */
#define SAMPLE_FIRST 16
#define SAMPLE_STEP 16

/* 1: differs, 0: is right, -1: reported. */
static int
check_chunk (struct flash *flash, uint64_t index, unsigned char *buf)
{
  uint64_t offset = index * DIGEST_CHUNK;
  size_t len = digest_table_chunk_size (flash->digests, index);

  if (target_read_medium (&flash->target, buf, len, offset) == -1) {
    /* A rewrite makes many media find a better place for the block. */
    char text[160];
    snprintf (text, sizeof text, "the target can't be read at offset %" PRIu64
              ": %s", offset, strerror (errno));
    say ("note", "text", text, NULL);
    return 1;
  }
  int r = digest_table_matches (flash->digests, index, buf);
  return r == -1 ? -1 : !r;
}

static bool
bit_of (const unsigned char *bits, uint64_t i)
{
  return bits[i / 8] & 1u << i % 8;
}

static void
set_bit (unsigned char *bits, uint64_t i)
{
  bits[i / 8] |= (unsigned char) (1u << i % 8);
}

/* The bytes of the chunks of SELECTION, or of all. */
static uint64_t
selected_bytes (const struct flash *flash, const unsigned char *selection)
{
  uint64_t sum = 0, chunks = digest_table_chunks (flash->digests);

  for (uint64_t i = 0; i < chunks; i++)
    if (!selection || bit_of (selection, i))
      sum += digest_table_chunk_size (flash->digests, i);
  return sum;
}

int
read_back_pass (struct flash *flash, unsigned pass,
                const unsigned char *selection, unsigned char *differing,
                uint64_t *count)
{
  CLEANUP_FREE unsigned char *buf = target_new_buffer (DIGEST_CHUNK);
  uint64_t done = 0, chunks = digest_table_chunks (flash->digests);
  struct progress progress = {
    .phase = "read-back", .total = selected_bytes (flash, selection),
    .extra_key = "pass",
  };

  *count = 0;
  if (!buf)
    return -1;
  for (uint64_t i = 0; i < chunks; i++) {
    if (selection && !bit_of (selection, i))
      continue;
    int r = check_chunk (flash, i, buf);
    if (r == -1)
      return -1;
    if (r == 1) {
      set_bit (differing, i);
      ++*count;
    }
    done += digest_table_chunk_size (flash->digests, i);
    progress_update (&progress, done, pass);
  }
  return 0;
}

/* The chunks to be read for verify=sample, in SELECTION.  Returns how many. */
static uint64_t
select_sample (const struct flash *flash, unsigned char *selection)
{
  const uint64_t chunks = digest_table_chunks (flash->digests);
  uint64_t heads[PARTITION_HEADS_MAX], count = 0;
  const size_t nr_heads = partition_heads_of (flash, heads);
  unsigned char start = 0;

  /* Without a random number the sample is only the same each time. */
  if (getrandom (&start, 1, GRND_NONBLOCK) != 1)
    start = 0;
  for (uint64_t i = 0; i < chunks && i < SAMPLE_FIRST; i++)
    set_bit (selection, i);
  for (uint64_t i = start % SAMPLE_STEP; i < chunks; i += SAMPLE_STEP)
    set_bit (selection, i);
  for (size_t i = 0; i < nr_heads; i++)
    set_bit (selection, heads[i]);
  set_bit (selection, chunks - 1);
  for (uint64_t i = 0; i < chunks; i++)
    count += bit_of (selection, i);
  return count;
}

/* Where it was: told for so many ranges of a pass only, so that a bad disk does not make
 * the session forget what it has said before. */
#define RANGES_TOLD 64

struct repaired
{
  uint64_t start, end;          /* chunks; empty: none */
  unsigned told;
};

static void
tell_repaired (const struct flash *flash, struct repaired *r)
{
  char offset[24], length[24];
  uint64_t bytes = 0;

  for (uint64_t i = r->start; i < r->end; i++)
    bytes += digest_table_chunk_size (flash->digests, i);
  snprintf (offset, sizeof offset, "%" PRIu64, r->start * DIGEST_CHUNK);
  snprintf (length, sizeof length, "%" PRIu64, bytes);
  if (bytes > 0 && r->told++ < RANGES_TOLD)
    say ("repaired", "offset", offset, "length", length, NULL);
}

static void
add_repaired (const struct flash *flash, struct repaired *r, uint64_t chunk)
{
  if (r->end != chunk) {
    tell_repaired (flash, r);
    r->start = chunk;
  }
  r->end = chunk + 1;
}

/* What is to be repaired may have to come through the tunnel. */
static int
rewrite (struct flash *flash, const unsigned char *differing)
{
  CLEANUP_FREE unsigned char *buf = target_new_buffer (DIGEST_CHUNK);
  uint64_t chunks = digest_table_chunks (flash->digests);
  struct repaired repaired = { 0, 0, 0 };

  if (!buf)
    return -1;
  for (uint64_t i = 0; i < chunks; i++) {
    if (!bit_of (differing, i))
      continue;
    size_t len = digest_table_chunk_size (flash->digests, i);
    if (copy_fetch_again (flash, i, buf) == -1
        || range_writer_put (&flash->writer, buf, len, i * DIGEST_CHUNK, NULL,
                             NULL) == -1)
      return -1;
    add_repaired (flash, &repaired, i);
  }
  tell_repaired (flash, &repaired);
  return target_flush (&flash->target);
}

/* OF: of how many, when the chunks are a sample, else 0. */
static void
say_verified (unsigned pass, uint64_t chunks, uint64_t differing,
              uint64_t repaired, uint64_t of)
{
  char text[5][24];

  snprintf (text[0], sizeof text[0], "%u", pass);
  snprintf (text[1], sizeof text[1], "%" PRIu64, chunks);
  snprintf (text[2], sizeof text[2], "%" PRIu64, differing);
  snprintf (text[3], sizeof text[3], "%" PRIu64, repaired);
  snprintf (text[4], sizeof text[4], "%" PRIu64, of);
  say ("verified", "pass", text[0], "chunks", text[1], "differing", text[2],
       "repaired", text[3], of ? "of" : NULL, text[4], NULL);
}

static uint64_t
first_bit (const unsigned char *bits)
{
  uint64_t i = 0;

  while (!bit_of (bits, i))
    i++;
  return i;
}

/* What was started since the last time is stopped before each pass. */
static int
stop_newcomers (const struct flash *flash)
{
  return flash->settings->root_disk && freeze_others () == -1 ? -1 : 0;
}

/* One bit a chunk, none set.  NULL: reported. */
static unsigned char *
new_bits (const struct flash *flash)
{
  unsigned char *bits =
    calloc (digest_table_chunks (flash->digests) / 8 + 1, 1);

  if (!bits)
    report_error (ERROR_OUT_OF_MEMORY, "no memory for reading back");
  return bits;
}

/* One pass and its repair.  *CLEAN: there was nothing to repair. */
static int
check_and_repair (struct flash *flash, unsigned pass, bool *clean)
{
  uint64_t count, chunks = digest_table_chunks (flash->digests);
  CLEANUP_FREE unsigned char *differing = new_bits (flash);

  if (!differing || stop_newcomers (flash) == -1
      || read_back_pass (flash, pass, NULL, differing, &count) == -1)
    return -1;
  *clean = count == 0;
  if (!*clean && pass == READ_BACK_PASSES) {
    say_verified (pass, chunks, count, 0, 0);
    report_error (ERROR_VERIFICATION_FAILED,
                  "after %u rewrites %" PRIu64 " of %" PRIu64 " chunks still "
                  "read back differently, the first at offset %" PRIu64 ": the "
                  "medium does not keep what is written to it, or something "
                  "else writes to it", pass - 1, count, chunks,
                  first_bit (differing) * DIGEST_CHUNK);
    return -1;
  }
  if (!*clean && rewrite (flash, differing) == -1)
    return -1;
  say_verified (pass, chunks, count, count, 0);
  return 0;
}

/* *CLEAN: the sample is right. */
static int
check_sample (struct flash *flash, bool *clean)
{
  CLEANUP_FREE unsigned char *selection = new_bits (flash);
  CLEANUP_FREE unsigned char *differing = new_bits (flash);
  uint64_t count;

  if (!selection || !differing || stop_newcomers (flash) == -1)
    return -1;
  const uint64_t chunks = select_sample (flash, selection);
  if (read_back_pass (flash, 1, selection, differing, &count) == -1)
    return -1;
  *clean = count == 0;
  if (*clean)
    say_verified (1, chunks, 0, 0, digest_table_chunks (flash->digests));
  else
    say ("note", "text", "the sample holds chunks that differ: the whole disk is "
         "read", NULL);
  return 0;
}

int
read_back_run (struct flash *flash)
{
  bool clean = false;

  if (flash->settings->verify == VERIFY_OFF) {
    say ("note", "text", "nothing is read back (verify=off): what lies on the "
         "disk is not verified", NULL);
    return 0;
  }
  if (flash->settings->verify == VERIFY_SAMPLE
      && check_sample (flash, &clean) == -1)
    return -1;
  for (unsigned pass = 1; !clean; pass++)
    if (check_and_repair (flash, pass, &clean) == -1)
      return -1;
  return 0;
}
