/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "freeze.h"
#include "progress.h"
#include "read-back.h"
#include "report.h"
#include "say.h"

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

int
read_back_pass (struct flash *flash, unsigned pass, unsigned char *differing,
                uint64_t *count)
{
  CLEANUP_FREE unsigned char *buf = target_new_buffer (DIGEST_CHUNK);
  uint64_t done = 0, chunks = digest_table_chunks (flash->digests);
  struct progress progress = {
    .phase = "read-back", .total = flash->settings->disk_size,
    .extra_key = "pass",
  };

  *count = 0;
  if (!buf)
    return -1;
  for (uint64_t i = 0; i < chunks; i++) {
    int r = check_chunk (flash, i, buf);
    if (r == -1)
      return -1;
    if (r == 1) {
      differing[i / 8] |= (unsigned char) (1u << i % 8);
      ++*count;
    }
    done += digest_table_chunk_size (flash->digests, i);
    progress_update (&progress, done, pass);
  }
  return 0;
}

static int
rewrite (struct flash *flash, const unsigned char *differing)
{
  CLEANUP_FREE unsigned char *buf = target_new_buffer (DIGEST_CHUNK);
  uint64_t chunks = digest_table_chunks (flash->digests);

  if (!buf)
    return -1;
  for (uint64_t i = 0; i < chunks; i++) {
    if (!(differing[i / 8] & 1u << i % 8))
      continue;
    size_t len = digest_table_chunk_size (flash->digests, i);
    if (copy_fetch_again (flash, i, buf) == -1
        || copy_put (flash, buf, len, i * DIGEST_CHUNK, NULL, NULL) == -1)
      return -1;
  }
  return target_flush (&flash->target);
}

/* What is to be repaired may have to come through the tunnel, and its way in
 * needs what was frozen. */
static int
repair (struct flash *flash, const unsigned char *differing)
{
  const struct flash_settings *s = flash->settings;
  bool thawed = s->root_disk && s->stream;

  if (thawed)
    thaw_others ();
  int r = rewrite (flash, differing);
  if (thawed && r == 0 && freeze_others () == -1)
    r = -1;
  return r;
}

static void
say_verified (unsigned pass, uint64_t chunks, uint64_t differing,
              uint64_t repaired)
{
  char text[4][24];

  snprintf (text[0], sizeof text[0], "%u", pass);
  snprintf (text[1], sizeof text[1], "%" PRIu64, chunks);
  snprintf (text[2], sizeof text[2], "%" PRIu64, differing);
  snprintf (text[3], sizeof text[3], "%" PRIu64, repaired);
  say ("verified", "pass", text[0], "chunks", text[1], "differing", text[2],
       "repaired", text[3], NULL);
}

static uint64_t
first_bit (const unsigned char *bits)
{
  uint64_t i = 0;

  while (!(bits[i / 8] & 1u << i % 8))
    i++;
  return i;
}

/* One pass and its repair.  *CLEAN: there was nothing to repair. */
static int
check_and_repair (struct flash *flash, unsigned pass, bool *clean)
{
  uint64_t count, chunks = digest_table_chunks (flash->digests);
  CLEANUP_FREE unsigned char *differing = calloc (chunks / 8 + 1, 1);

  if (!differing) {
    report_error ("no memory for reading back");
    return -1;
  }
  if (read_back_pass (flash, pass, differing, &count) == -1)
    return -1;
  *clean = count == 0;
  if (!*clean && pass == READ_BACK_PASSES) {
    say_verified (pass, chunks, count, 0);
    report_error ("after %u rewrites %" PRIu64 " of %" PRIu64 " chunks still "
                  "read back differently, the first at offset %" PRIu64 ": the "
                  "medium does not keep what is written to it, or something "
                  "else writes to it", pass - 1, count, chunks,
                  first_bit (differing) * DIGEST_CHUNK);
    return -1;
  }
  if (!*clean && repair (flash, differing) == -1)
    return -1;
  say_verified (pass, chunks, count, count);
  return 0;
}

int
read_back_run (struct flash *flash)
{
  bool clean = false;

  if (flash->settings->root_disk && freeze_others () == -1)
    return -1;
  for (unsigned pass = 1; !clean; pass++)
    if (check_and_repair (flash, pass, &clean) == -1) {
      if (flash->settings->root_disk)
        thaw_others ();
      return -1;
    }
  return 0;
}
