/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "digest.h"
#include "file-io.h"
#include "kernel-log.h"
#include "range-writer.h"
#include "report.h"
#include "say.h"
#include "zero-range.h"

#define RETRIES 3               /* of a chunk, after pauses of 1, 2 and 4 s */

/* What is to be put. */
struct range
{
  const unsigned char *buf;
  size_t len;
  uint64_t offset;
  const bool *zero;
};

/* A part of it: chunks of one kind. */
struct run
{
  size_t start, end;
  bool zero;
};

size_t
range_chunk_at (size_t len, size_t start)
{
  return len - start < DIGEST_CHUNK ? len - start : DIGEST_CHUNK;
}

static bool
chunk_is_zero (const struct range *r, size_t start)
{
  return r->zero ? r->zero[start / DIGEST_CHUNK]
                 : is_zero (r->buf + start, range_chunk_at (r->len, start));
}

/* The run that begins at START, of at most MAX bytes. */
static struct run
find_run (const struct range *r, size_t start, size_t max)
{
  struct run run = { start, start, chunk_is_zero (r, start) };

  do
    run.end += range_chunk_at (r->len, run.end);
  while (run.end < r->len && run.end - start < max
         && chunk_is_zero (r, run.end) == run.zero);
  return run;
}

/* NULL, or why it failed. */
static const char *
put_run (struct range_writer *w, const struct range *r, const struct run *run)
{
  const uint64_t offset = r->offset + run->start;
  const size_t len = run->end - run->start;

  /* An array is no NULL.  NOLINTBEGIN(clang-analyzer-core.NullDereference) */
  if (run->zero)
    return zero_range (w->target, offset, len) == 0 ? NULL : w->target->failure;
  return dd_write (&w->dd, r->buf + run->start, len, offset) == 0
    ? NULL : w->dd.failure;
  /* NOLINTEND(clang-analyzer-core.NullDereference) */
}

static const char *
put_and_flush (struct range_writer *w, const struct range *r,
               const struct run *run)
{
  const char *why = put_run (w, r, run);

  if (why || target_sync (w->target) == 0)
    return why;
  return w->target->failure;
}

/* All of it, in runs as long as they come, and one flush.  *FAILED is the run
 * that could not be put, or all when only the flush failed. */
static const char *
put_all (struct range_writer *w, const struct range *r, struct run *failed)
{
  for (size_t start = 0; start < r->len; start = failed->end) {
    *failed = find_run (r, start, SIZE_MAX);
    const char *why = put_run (w, r, failed);
    if (why)
      return why;
  }
  *failed = (struct run) { 0, r->len, false };
  /* As above.  NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
  return target_sync (w->target) == 0 ? NULL : w->target->failure;
}

static void
say_failed_try (const struct range *r, const struct run *run, const char *why)
{
  char text[DD_FAILURE_SIZE + 160];

  snprintf (text, sizeof text, "writing %zu bytes at offset %" PRIu64
            " failed: %s; trying again", run->end - run->start,
            r->offset + run->start, why);
  say ("note", "text", text, NULL);
}

static void
report_failure (const struct range_writer *w, const struct range *r,
                const struct run *run, const char *why)
{
  char log[KERNEL_LOG_SIZE];

  kernel_log_about (w->disk, log);
  report_error (ERROR_DISK_WRITE,
                "%s does not take %zu bytes at offset %" PRIu64 ", tried %d "
                "times: %s; the kernel says: %s. What is written so far is kept; "
                "if another attempt ends here again, the disk is bad",
                *w->disk ? w->disk : w->target->path,
                run->end - run->start, r->offset + run->start, RETRIES + 1, why,
                *log ? log : "nothing");
}

static uint64_t
zeroes_in (const struct range *r)
{
  uint64_t sum = 0;

  for (size_t start = 0; start < r->len; start += DIGEST_CHUNK)
    if (chunk_is_zero (r, start))
      sum += range_chunk_at (r->len, start);
  return sum;
}

/* After the failure WHY of FAILED.  All of the range is written again, for
 * after a failed flush the kernel may have dropped any page of it; by single
 * chunks, each flushed, so that what fails again has a place. */
static int
put_patiently (struct range_writer *w, const struct range *r,
               struct run failed, const char *why)
{
  unsigned failures = 1;        /* in a row */

  for (size_t start = 0; start < r->len;) {
    if (failures > 0) {
      say_failed_try (r, &failed, why);
      sleep (1u << (failures - 1));
      (void) target_sync (w->target);   /* hear of past failures only once */
    }
    failed = find_run (r, start, DIGEST_CHUNK);
    why = put_and_flush (w, r, &failed);
    failures = why ? failures + 1 : 0;
    if (failures > RETRIES) {
      report_failure (w, r, &failed, why);
      return -1;
    }
    if (!why)
      start = failed.end;
  }
  return 0;
}

int
range_writer_put (struct range_writer *w, const unsigned char *buf, size_t len,
                  uint64_t offset, const bool *zero, uint64_t *zeroed)
{
  const struct range r = { buf, len, offset, zero };
  struct run failed;
  const char *why = put_all (w, &r, &failed);

  if (why && put_patiently (w, &r, failed, why) == -1)
    return -1;
  if (zeroed)
    *zeroed += zeroes_in (&r);
  return 0;
}
