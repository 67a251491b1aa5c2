/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libnbd.h>

#include "cleanup.h"
#include "digest.h"
#include "disk-survey.h"
#include "image-digests.h"
#include "messages.h"
#include "progress.h"
#include "report.h"
#include "status-record.h"

#define REASONS_MAX 64          /* that are shown */

/* What one run needs beside its result. */
struct run
{
  struct disk_survey *result;
  struct flash_job *job;
  struct survey_channel *channel;
  struct image_digests *digests;
  struct nbd_handle *image;     /* its disk view */
  unsigned char *suspect;       /* a bit for each index of the sample */
  uint64_t suspects;
};

static uint64_t
smaller (uint64_t a, uint64_t b)
{
  return a < b ? a : b;
}

/* Of a disk of SIZE bytes, which reach into that chunk. */
static size_t
chunk_length (uint64_t size, uint64_t chunk)
{
  return (size_t) smaller (DIGEST_CHUNK, size - chunk * DIGEST_CHUNK);
}

static void
note_unreadable (struct run *run, const char *reason)
{
  const uint64_t nr = ++run->result->unreadable;

  if (nr <= REASONS_MAX)
    message_always ("%s: %s", run->job->board.disk, reason);
  else if (nr == REASONS_MAX + 1)
    message_always ("%s: and so on", run->job->board.disk);
}

/* -- The partition table -------------------------------------------------- */

static bool
is_same_table (const struct partition_table *a, const struct partition_table *b)
{
  if (a->kind != b->kind || a->sector != b->sector
      || a->nr_partitions != b->nr_partitions)
    return false;
  for (unsigned i = 0; i < a->nr_partitions; i++)
    if (a->partitions[i].number != b->partitions[i].number
        || a->partitions[i].start != b->partitions[i].start
        || a->partitions[i].size != b->partitions[i].size
        || strcmp (a->partitions[i].type, b->partitions[i].type) != 0)
      return false;
  return true;
}

/* What the ranges say later is in the words of the image's table. */
static int
compare_tables (struct run *run)
{
  const struct partition_table *image = &run->job->image.table;
  const uint64_t disk_size = run->job->board.disk_size;
  const size_t len = (size_t) smaller (PARTITION_TABLE_BYTES, disk_size);
  unsigned char start[PARTITION_TABLE_BYTES];
  char reason[SURVEY_REASON_MAX];
  struct partition_table table;

  survey_channel_ask_bytes (run->channel, 0, len);
  switch (survey_channel_take (run->channel, start, len, reason)) {
  case SURVEY_LOST:
    return -1;
  case SURVEY_REASON:           /* the first chunk will say so again */
    return 0;
  case SURVEY_CONTENT:
    break;
  }
  partition_table_parse (start, len, disk_size, &table);
  if (!is_same_table (&table, image))
    message_always ("The partition table of %s is not the image's: %s with %u "
                    "partitions there, %s with %u here.  The partitions below "
                    "are the image's.", run->job->board.disk,
                    partition_table_name (table.kind), table.nr_partitions,
                    partition_table_name (image->kind), image->nr_partitions);
  return 0;
}

/* -- Digests -------------------------------------------------------------- */

/* How many chunks from INDEX of the sample on lie side by side: what one
 * question can ask for. */
static unsigned
run_length (const struct chunk_sample *sample, uint64_t index)
{
  const uint64_t first = chunk_sample_get (sample, index);
  unsigned n = 1;

  while (n < FLASH_SURVEY_CHUNKS && index + n < sample->count
         && chunk_sample_get (sample, index + n) == first + n)
    n++;
  return n;
}

static void
ask_ahead (struct run *run, uint64_t *asked)
{
  const struct chunk_sample *sample = &run->result->sample;

  while (*asked < sample->count) {
    const unsigned n = run_length (sample, *asked);

    if (!survey_channel_ask_digests (run->channel,
                                     chunk_sample_get (sample, *asked), n))
      return;
    *asked += n;
  }
}

/* EXPECTED: the image's digest of the chunk at INDEX. */
static int
take_digest (struct run *run, uint64_t index,
             const unsigned char expected[DIGEST_SIZE])
{
  unsigned char digest[DIGEST_SIZE];
  char reason[SURVEY_REASON_MAX];

  switch (survey_channel_take (run->channel, digest, sizeof digest, reason)) {
  case SURVEY_LOST:
    return -1;
  case SURVEY_REASON:
    note_unreadable (run, reason);
    break;
  case SURVEY_CONTENT:
    if (memcmp (digest, expected, sizeof digest) == 0)
      run->result->compared++;
    else {
      run->suspect[index / 8] |= (unsigned char) (1u << index % 8);
      run->suspects++;
    }
  }
  return 0;
}

static int
compare_digests (struct run *run)
{
  const struct chunk_sample *sample = &run->result->sample;
  unsigned char expected[FLASH_SURVEY_CHUNKS][DIGEST_SIZE];
  uint64_t asked = 0, index = 0;

  progress_begin ("compare", "comparing");
  while (index < sample->count) {
    const unsigned n = run_length (sample, index);

    if (image_digests_read (run->digests, chunk_sample_get (sample, index), n,
                            expected) == -1)
      return -1;
    for (unsigned i = 0; i < n; i++, index++) {
      ask_ahead (run, &asked);
      if (take_digest (run, index, expected[i]) == -1)
        return -1;
      progress_update ((index + 1) * DIGEST_CHUNK,
                       sample->count * DIGEST_CHUNK);
    }
  }
  progress_end ();
  return 0;
}

/* -- Bytes ---------------------------------------------------------------- */

/* The first suspect from INDEX on; the sample's count: none. */
static uint64_t
next_suspect (const struct run *run, uint64_t index)
{
  while (index < run->result->sample.count
         && !(run->suspect[index / 8] & 1u << index % 8))
    index++;
  return index;
}

/* Disk and image end at different places in the same chunk: then their digests
 * had to differ. */
static bool
has_comparable_digest (const struct run *run, uint64_t chunk)
{
  return chunk_length (run->job->board.disk_size, chunk)
         == chunk_length (run->job->image.integrity.disk_size, chunk);
}

static int
compare_bytes (struct run *run, uint64_t chunk, const unsigned char *disk,
               unsigned char *image)
{
  struct disk_survey *result = run->result;
  const uint64_t offset = chunk * DIGEST_CHUNK, before = result->ranges.blocks;
  const size_t len = chunk_length (result->size, chunk);

  if (nbd_pread (run->image, image, len, offset, 0) == -1) {
    image_facts_report_nbd (run->job->server, "the image cannot be read");
    return -1;
  }
  differing_ranges_compare (&result->ranges, offset, disk, image, len);
  result->compared++;
  if (result->ranges.blocks != before)
    result->differing++;
  else if (has_comparable_digest (run, chunk))
    result->unsteady++;
  return 0;
}

static int
compare_suspect (struct run *run, uint64_t chunk, unsigned char *disk,
                 unsigned char *image)
{
  const size_t len = chunk_length (run->result->size, chunk);
  char reason[SURVEY_REASON_MAX];

  switch (survey_channel_take (run->channel, disk, len, reason)) {
  case SURVEY_LOST:
    return -1;
  case SURVEY_REASON:
    note_unreadable (run, reason);
    return 0;
  case SURVEY_CONTENT:
    break;
  }
  return compare_bytes (run, chunk, disk, image);
}

static int
compare_suspects (struct run *run)
{
  const struct chunk_sample *sample = &run->result->sample;
  CLEANUP_FREE unsigned char *disk = malloc (DIGEST_CHUNK);
  CLEANUP_FREE unsigned char *image = malloc (DIGEST_CHUNK);
  uint64_t asked = next_suspect (run, 0), index = asked, done = 0;

  if (run->suspects == 0)
    return 0;
  if (!disk || !image) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  progress_begin ("read-differences", "reading what differs");
  while (index < sample->count) {
    const uint64_t chunk = chunk_sample_get (sample, index);

    for (; asked < sample->count; asked = next_suspect (run, asked + 1)) {
      const uint64_t next = chunk_sample_get (sample, asked);
      if (!survey_channel_ask_bytes (run->channel, next * DIGEST_CHUNK,
                                     chunk_length (run->result->size, next)))
        break;
    }
    if (compare_suspect (run, chunk, disk, image) == -1)
      return -1;
    progress_update (++done * DIGEST_CHUNK, run->suspects * DIGEST_CHUNK);
    index = next_suspect (run, index + 1);
  }
  progress_end ();
  return 0;
}

/* ------------------------------------------------------------------------- */

int
disk_survey_run (struct disk_survey *survey, struct flash_job *job,
                 struct survey_channel *channel, uint32_t count, uint32_t seed)
{
  const uint64_t image_size = job->image.integrity.disk_size;
  struct run run = { .result = survey, .job = job, .channel = channel };
  int result = -1;

  survey->size = smaller (image_size, job->board.disk_size);
  chunk_sample_init (&survey->sample, digest_chunks (survey->size), count, seed);
  run.suspect = calloc (survey->sample.count / 8 + 1, 1);
  if (!run.suspect)
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  else if ((run.digests = image_digests_open (job->server, image_size)) != NULL
           && (run.image = image_facts_connect (job->server, "")) != NULL
           && compare_tables (&run) == 0 && compare_digests (&run) == 0)
    result = compare_suspects (&run);
  progress_end ();
  nbd_close (run.image);
  image_digests_close (run.digests);
  free (run.suspect);
  return result;
}
