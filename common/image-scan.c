/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "image-ops.h"
#include "remembered-scan.h"
#include "report.h"

/* A scan takes its verdict from all that was read since the file was opened.  The
 * clock that file systems take their times from ticks every 10 ms at worst; so what
 * is written within that time after another write may leave no trace in the mtime. */
#define SETTLE_NS (20 * 1000 * 1000)
/* Some file systems have whole seconds only, FAT every other one. */
#define SETTLE_COARSE_S 2

/* -- Remembering ------------------------------------------------------------ */

/* Wait until a write to IM from now on must change its mtime: false when that
 * takes too long. */
static bool
settle (const struct image *im)
{
  const struct timespec *m = &im->source->identity->mtime;
  struct timespec now, wait = { .tv_nsec = SETTLE_NS };

  clock_gettime (CLOCK_REALTIME, &now);
  if (now.tv_sec < m->tv_sec || now.tv_sec > m->tv_sec + SETTLE_COARSE_S)
    return true;
  if (m->tv_nsec == 0)
    return false;
  int64_t age = (int64_t) (now.tv_sec - m->tv_sec) * 1000000000
                + (now.tv_nsec - m->tv_nsec);
  if (age < SETTLE_NS)
    nanosleep (&wait, NULL);
  return true;
}

void
image_recall_scan (struct image *im)
{
  if (!remembered_scan_wanted (im))
    fault_set (&im->forgotten, ENOTSUP, "not a regular file, or no folder given");
  else if (!settle (im))
    fault_set (&im->forgotten, EAGAIN, "the file was written to just now");
  else if (remembered_scan_load (im, &im->result, &im->forgotten) == 0) {
    im->forgotten.errnum = 0;
    atomic_store (&im->scanned, true);
  }
}

static bool
may_be_saved (struct image *im)
{
  LOCK_SCOPE (&im->scan_lock);
  return remembered_scan_wanted (im) && im->forgotten.errnum != EAGAIN;
}

/* Keep the verdict.  Called with MEMO_LOCK. */
static void
save_scan (struct image *im)
{
  struct fault fault = { .errnum = 0 };

  if (!may_be_saved (im))
    return;
  remembered_scan_save (im, &im->result, &fault);
  LOCK_SCOPE (&im->scan_lock);
  im->forgotten = fault;
}

/* The image was found intact. */
static void
remember (struct image *im, const struct image_scan_result *result)
{
  /* A block device may change unseen; a remote image may not. */
  if (!im->source->identity && !im->source->remote)
    return;
  im->result = *result;
  atomic_store (&im->scanned, true);
  LOCK_SCOPE (&im->memo_lock);
  save_scan (im);
}

void
image_set_sha256 (struct image *im, const unsigned char hash[32])
{
  LOCK_SCOPE (&im->memo_lock);
  memcpy (im->sha256, hash, sizeof im->sha256);
  im->has_sha256 = true;
  if (atomic_load (&im->scanned))
    save_scan (im);
}

bool
image_get_sha256 (struct image *im, unsigned char hash[32])
{
  LOCK_SCOPE (&im->memo_lock);
  memcpy (hash, im->sha256, sizeof im->sha256);
  return im->has_sha256;
}

bool
image_is_scanned (struct image *im)
{
  return atomic_load (&im->scanned);
}

bool
image_is_decoded (struct image *im)
{
  uint64_t size;

  return image_peek_disk_size (im, &size)
         && scan_record_is_complete (im->record, size);
}

void
image_describe_index (struct image *im, char *text, size_t size)
{
  LOCK_SCOPE (&im->scan_lock);
  snprintf (text, size, "%s", im->forgotten.errnum ? im->forgotten.text : "");
}

/* -- Scanning --------------------------------------------------------------- */

/* Wait a tenth of a second, or until the scan under way has ended.  Called with the
 * lock. */
static void
wait_a_moment (struct image *im)
{
  struct timespec when;

  clock_gettime (CLOCK_REALTIME, &when);
  when.tv_nsec += 100 * 1000 * 1000;
  if (when.tv_nsec >= 1000 * 1000 * 1000) {
    when.tv_sec++;
    when.tv_nsec -= 1000 * 1000 * 1000;
  }
  pthread_cond_timedwait (&im->scan_ended, &im->scan_lock, &when);
}

/* Wait until no other thread scans, which *MINE becomes then, unless the verdict
 * is known. */
static int
begin_scan (struct image *im, struct scan_run *run, bool *mine,
            struct fault *fault)
{
  uint64_t shown = 0;

  *mine = false;
  for (;;) {
    {
      LOCK_SCOPE (&im->scan_lock);
      if (im->scanning)
        wait_a_moment (im);
      if (atomic_load (&im->scanned))
        return 0;
      if (!im->scanning) {
        im->scanning = *mine = true;
        atomic_store (&im->scan_done, 0);
        return 0;
      }
    }
    const uint64_t done = atomic_load (&im->scan_done);
    if (done > shown)
      shown = done;
    if (run->progress && run->progress (run->opaque, shown, run->total) != 0)
      return fault_set (fault, ECANCELED, "the scan was cancelled");
  }
}

static void
end_scan (struct image *im)
{
  LOCK_SCOPE (&im->scan_lock);
  im->scanning = false;
  pthread_cond_broadcast (&im->scan_ended);
}

/* The promises last: it is the scan that shows whether they hold. */
static int
run_scan (struct image *im, struct scan_run *run,
          struct image_scan_result *result, struct fault *fault)
{
  if (im->ops->scan (im, run, result, fault) == -1
      || image_check_unchanged (im, fault) == -1
      || image_check_promises (im, fault) == -1)
    return -1;
  if (im->source->scan_note)
    scan_result_note (result, "%s", im->source->scan_note);
  remember (im, result);
  return 0;
}

int
image_run_scan (struct image *im, struct scan_run *run, struct image_scan_result *result,
      struct fault *fault)
{
  bool mine;
  int r;

  if (image_check_unchanged (im, fault) == -1
      || image_check_promises (im, fault) == -1
      || begin_scan (im, run, &mine, fault) == -1)
    return -1;
  if (mine) {
    r = run_scan (im, run, result, fault);
    end_scan (im);
    return r;
  }
  *result = im->result;
  if (image_check_unchanged (im, fault) == -1)
    return -1;
  return scan_run_progress (run, run->total, fault);
}

int
image_scan (struct image *im, image_scan_progress progress, void *opaque,
            struct image_scan_result *result, char *error, size_t error_size)
{
  struct scan_run run = {
    .im = im, .progress = progress, .opaque = opaque, .total = im->stored_size
  };
  struct fault fault;

  memset (result, 0, sizeof *result);
  if (error_size > 0)
    error[0] = '\0';
  if (image_run_scan (im, &run, result, &fault) == 0)
    return 0;

  if (fault.errnum != EBADMSG && fault.errnum != ECANCELED)
    report_error (fault_code (&fault), "%s: %s", im->name, fault.text);
  if (error_size > 0)
    snprintf (error, error_size, "%s", fault.text);
  errno = fault.errnum;
  return -1;
}

int
scan_run_progress (struct scan_run *run, uint64_t done, struct fault *fault)
{
  atomic_store (&run->im->scan_done, done);
  if (run->progress && run->progress (run->opaque, done, run->total) != 0)
    return fault_set (fault, ECANCELED, "the scan was cancelled");
  return 0;
}

void
scan_result_note (struct image_scan_result *result, const char *fmt, ...)
{
  const size_t used = strlen (result->notes);
  const size_t room = sizeof result->notes - used;
  va_list args;

  va_start (args, fmt);
  int n = vsnprintf (result->notes + used, room, fmt, args);
  va_end (args);
  if (n < 0 || (size_t) n + 2 > room)
    result->notes[used] = '\0';
  else
    strcpy (result->notes + used + n, "\n");
}
