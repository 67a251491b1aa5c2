/* SPDX-License-Identifier: MIT */
/* flash-live-remote verify HOST IMAGE: is the image on the board's disk? */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "board-privilege.h"
#include "clock.h"
#include "commands.h"
#include "disk-survey.h"
#include "message-sink.h"
#include "messages.h"
#include "report.h"
#include "size-text.h"
#include "status-record.h"
#include "target-checks.h"

static int
prepare_image (struct flash_job *job)
{
  if (flash_job_prepare_image (job) == -1)
    return -1;
  if (job->image.integrity.disk_size > 0)
    return 0;
  report_error (ERROR_IMAGE_EMPTY,
                "%s: the image holds an empty disk", job->image.name);
  return -1;
}

static int
probe_board (struct flash_job *job)
{
  const struct ssh_config *c = job->config;

  if (job->options->transport != TRANSPORT_LOCAL)
    message_phase ("connect", "Connecting to %s@%s", c->user, c->host);
  job->connection = board_connection_open (c);
  if (!job->connection)
    return -1;
  message_phase ("probe", "Probing the board");
  return target_probe_run (job->connection, job->options->device, PROBE_SURVEY,
                           &job->board) == -1
         || board_privilege_obtain (job) == -1 ? -1 : 0;
}

static int
check_board (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;
  const char *state = b->has_session ? status_get (&b->session, "state") : NULL;

  if (b->has_session) {
    report_error (ERROR_FLASH_UNDER_WAY,
                  "a flash is on this board (state %s): its disk can be compared "
                  "when that has ended.\nSee flash-live-remote status %s.",
                  state ? state : "unknown", job->options->host);
    return -1;
  }
  if (target_checks_board (job) == -1)
    return -1;
  if (!*b->refused && *b->disk && *b->disk_number && b->disk_size > 0)
    return 0;
  report_error (ERROR_NOTHING_TO_COMPARE,
                "there is no disk to compare on this board: %s%s",
                *b->refused ? b->refused : "its disk was not found",
                job->options->device ? "" : "\nName one with --device.");
  return -1;
}

/* -- What is said --------------------------------------------------------- */

static bool
is_larger_than_disk (const struct flash_job *job)
{
  return job->image.integrity.disk_size > job->board.disk_size;
}

static void
say_larger (const struct flash_job *job)
{
  char image[SIZE_TEXT_MAX], disk[SIZE_TEXT_MAX];

  message_always ("The image is larger than %s: %s (%" PRIu64 " bytes), and %s "
                  "(%" PRIu64 " bytes) there.  What is there is compared.",
                  job->board.disk,
                  size_text (job->image.integrity.disk_size, image),
                  job->image.integrity.disk_size,
                  size_text (job->board.disk_size, disk), job->board.disk_size);
}

static void
record_ranges (const struct disk_survey *s, const struct partition_table *table)
{
  for (uint64_t i = 0; i < s->ranges.nr && i < DIFFERING_RANGES_MAX; i++) {
    const struct differing_range *r = &s->ranges.ranges[i];
    char place[DIFFERING_PLACE_MAX];

    message_record ("range", "offset", RECORD_NUMBER (r->start),
                    "length", RECORD_NUMBER (r->end - r->start),
                    "place", differing_range_place (r, table, place), NULL);
  }
}

static void
record_totals (const struct disk_survey *s, const struct flash_job *job)
{
  message_record ("comparison", "disk", job->board.disk,
                  "disk_size", RECORD_NUMBER (job->board.disk_size),
                  "image", job->image.name,
                  "image_size", RECORD_NUMBER (job->image.integrity.disk_size),
                  "compared", RECORD_NUMBER (s->compared),
                  "chunks", RECORD_NUMBER (s->sample.chunks),
                  "differing", RECORD_NUMBER (s->differing),
                  "blocks", RECORD_NUMBER (s->ranges.blocks),
                  "ranges", RECORD_NUMBER (s->ranges.nr),
                  "unreadable", RECORD_NUMBER (s->unreadable),
                  "unsteady", RECORD_NUMBER (s->unsteady), NULL);
}

static void
say_ranges (const struct disk_survey *s, const struct partition_table *table)
{
  for (uint64_t i = 0; i < s->ranges.nr && i < DIFFERING_RANGES_MAX; i++) {
    const struct differing_range *r = &s->ranges.ranges[i];
    char size[SIZE_TEXT_MAX], place[DIFFERING_PLACE_MAX];

    message_always ("  offset %" PRIu64 ", %" PRIu64 " bytes (%s): %s", r->start,
                    r->end - r->start, size_text (r->end - r->start, size),
                    differing_range_place (r, table, place));
  }
  if (s->ranges.nr > DIFFERING_RANGES_MAX)
    message_always ("  and %" PRIu64 " more ranges",
                    s->ranges.nr - DIFFERING_RANGES_MAX);
}

static void
say_totals (const struct disk_survey *s, double seconds)
{
  message_always ("Compared %" PRIu64 " of %" PRIu64 " chunks of 1 MiB in %.1f s:"
                  " %" PRIu64 " differ (%" PRIu64 " blocks of %d bytes in %"
                  PRIu64 " ranges), %" PRIu64 " could not be read.",
                  s->compared, s->sample.chunks, seconds, s->differing,
                  s->ranges.blocks, DIFFERING_BLOCK, s->ranges.nr,
                  s->unreadable);
  if (s->unsteady > 0)
    message_always ("%" PRIu64 " chunks differed first and not when they were "
                    "read again: something writes to the disk, or it fails.",
                    s->unsteady);
}

/* One difference is enough, whatever else could not be read. */
static enum exit_status
judge (const struct flash_job *job, const struct disk_survey *s)
{
  const char *disk = job->board.disk;

  if (s->differing > 0 || s->unsteady > 0 || is_larger_than_disk (job)) {
    message_always ("%s DIFFERS from %s.", disk, job->image.name);
    return STATUS_DIFFERS;
  }
  if (s->unreadable > 0) {
    report_error (ERROR_COMPARED_PARTLY,
                  "%s could not be compared in full with %s: what could be read "
                  "is equal", disk, job->image.name);
    return STATUS_NOT_WRITTEN;
  }
  if (s->sample.count < s->sample.chunks)
    message_always ("The %" PRIu64 " chunks of %s that were looked at, of %" PRIu64
                    ", are equal to those of %s.", s->sample.count, disk,
                    s->sample.chunks, job->image.name);
  else
    message_always ("%s holds %s: all %" PRIu64 " chunks are equal.", disk,
                    job->image.name, s->sample.chunks);
  return STATUS_DONE;
}

/* -- The survey ----------------------------------------------------------- */

static int
make_seed (uint32_t *seed)
{
  if (getrandom (seed, sizeof *seed, 0) == (ssize_t) sizeof *seed)
    return 0;
  report_error (ERROR_SYSTEM_FAILED, "getrandom: %s", strerror (errno));
  return -1;
}

static int
survey (struct flash_job *job, struct survey_channel *channel,
        struct disk_survey *s)
{
  const unsigned sample = job->options->sample;
  uint32_t seed = 0;

  if (sample > 0 && make_seed (&seed) == -1)
    return -1;
  if (is_larger_than_disk (job))
    say_larger (job);
  if (sample > 0)
    message_info ("Looking at a sample of the chunks, seed %" PRIu32, seed);
  if (disk_survey_run (s, job, channel, sample, seed) == -1)
    return -1;
  survey_channel_finish (channel);
  return 0;
}

static enum exit_status
verify (struct flash_job *job)
{
  struct disk_survey s = { .size = 0 };
  struct survey_channel *channel;
  double start;
  int result;

  if (prepare_image (job) == -1 || probe_board (job) == -1
      || check_board (job) == -1)
    return STATUS_NOT_WRITTEN;
  message_phase ("deploy", "Deploying the helper into the board's memory");
  channel = survey_channel_open (job);
  if (!channel)
    return STATUS_NOT_WRITTEN;
  message_phase ("compare", "Comparing %s with %s", job->board.disk, job->image.name);
  start = clock_now ();
  result = survey (job, channel, &s);
  survey_channel_free (channel);
  if (result == -1)
    return STATUS_NOT_WRITTEN;
  if (message_sink_is_text ()) {
    say_ranges (&s, &job->image.table);
    say_totals (&s, clock_now () - start);
  }
  else {
    record_ranges (&s, &job->image.table);
    record_totals (&s, job);
  }
  return judge (job, &s);
}

enum exit_status
verify_command (const struct options *options)
{
  struct flash_job job = { .options = options };
  struct ssh_config *config;
  enum exit_status status;

  job.config = config = ssh_config_read (options);
  if (!config)
    return STATUS_USAGE;
  /* An interrupt ends this program on the spot, and the board cleans up. */
  status = verify (&job);
  flash_job_release (&job);
  ssh_config_free (config);
  return status;
}
