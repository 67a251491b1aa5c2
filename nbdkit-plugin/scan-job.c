/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "cleanup.h"
#include "debug-flags.h"
#include "fault.h"
#include "report-capture.h"
#include "report.h"
#include "scan-job.h"
#include "worker-thread.h"

struct scan_job
{
  struct image *im;
  struct stored_hash *stored;
  const char *name;
  bool hash;                    /* written before the thread starts */
  atomic_bool cancelled;
  atomic_uint_least64_t done;   /* stored bytes scanned */

  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t progress;      /* more is known, or STATE has changed */
  enum scan_state state;
  pthread_t thread;             /* unless SCAN_NOT_STARTED */
  struct image_scan_result result;
  char error[512];
};

struct scan_job *
scan_job_new (struct image *im, struct stored_hash *stored, const char *name)
{
  struct scan_job *job = calloc (1, sizeof *job);

  if (!job) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    errno = ENOMEM;
    return NULL;
  }
  job->im = im;
  job->stored = stored;
  job->name = name;
  pthread_mutex_init (&job->lock, NULL);
  pthread_cond_init (&job->progress, NULL);
  return job;
}

void
scan_job_free (struct scan_job *job)
{
  if (!job)
    return;
  scan_job_cancel (job);
  if (job->state != SCAN_NOT_STARTED)
    pthread_join (job->thread, NULL);
  pthread_cond_destroy (&job->progress);
  pthread_mutex_destroy (&job->lock);
  free (job);
}

void
scan_job_cancel (struct scan_job *job)
{
  atomic_store (&job->cancelled, true);
  LOCK_SCOPE (&job->lock);
  pthread_cond_broadcast (&job->progress);
}

static int
note_progress (void *opaque, uint64_t done, uint64_t total)
{
  struct scan_job *job = opaque;

  (void) total;
  atomic_store (&job->done, done);
  LOCK_SCOPE (&job->lock);
  pthread_cond_broadcast (&job->progress);
  return atomic_load (&job->cancelled);
}

/* ERROR: of damage, and of whatever else went wrong. */
static int
scan (struct scan_job *job, struct image_scan_result *result, char *error,
      size_t error_size)
{
  unsigned char hash[CHECKSUM_SIZE];
  int r = 0;

  if (job->hash) {
    report_capture_begin (error, error_size);
    r = stored_hash_get (job->stored, hash);
    report_capture_end ();
  }
  if (r == 0)
    r = image_scan (job->im, note_progress, job, result, error, error_size);
  return r;
}

static void *
run_scan (void *opaque)
{
  struct scan_job *job = opaque;
  struct image_scan_result result = { 0 };
  char error[sizeof job->error];
  const time_t start = time (NULL);
  int r = scan (job, &result, error, sizeof error);

  if (flashimage_debug_scan)
    nbdkit_debug ("scan: %s: %s after %lld s%s%s", job->name,
                  r == 0 ? "intact" : "ended", (long long) (time (NULL) - start),
                  r == 0 ? "" : ": ", r == 0 ? "" : error);
  LOCK_SCOPE (&job->lock);
  job->state = r == 0 ? SCAN_INTACT : SCAN_DAMAGED;
  job->result = result;
  if (r == -1)
    memcpy (job->error, error, sizeof error);
  pthread_cond_broadcast (&job->progress);
  return NULL;
}

int
scan_job_start (struct scan_job *job, bool hash)
{
  struct fault fault;

  LOCK_SCOPE (&job->lock);
  if (job->state != SCAN_NOT_STARTED)
    return 0;
  job->hash = hash;
  job->state = SCAN_RUNNING;
  if (worker_thread_start (&job->thread, run_scan, job, &fault) == -1) {
    job->state = SCAN_NOT_STARTED;
    report_error (fault_code (&fault), "%s: %s", job->name, fault.text);
    errno = fault.errnum;
    return -1;
  }
  if (flashimage_debug_scan)
    nbdkit_debug ("scan: %s: started", job->name);
  return 0;
}

bool
scan_job_is_running (struct scan_job *job)
{
  LOCK_SCOPE (&job->lock);
  return job->state == SCAN_RUNNING;
}

void
scan_job_report (struct scan_job *job, struct scan_report *report)
{
  memset (report, 0, sizeof *report);
  report->done = atomic_load (&job->done);
  LOCK_SCOPE (&job->lock);
  report->state = job->state;
  report->result = job->result;
  memcpy (report->error, job->error, sizeof report->error);
}

/* Called with the lock held: what has ended without the digest of CHUNK. */
static int
report_missing (const struct scan_job *job, uint64_t chunk)
{
  if (atomic_load (&job->cancelled)) {
    report_error (ERROR_INTERRUPTED, "%s: the server ends", job->name);
    errno = ESHUTDOWN;
    return -1;
  }
  report_error (ERROR_IMAGE_DAMAGED,
                "%s: no digest of the MiB at byte %" PRIu64 ": %s", job->name,
                chunk * DIGEST_CHUNK,
                job->state == SCAN_DAMAGED ? job->error : "it was not decoded");
  errno = EIO;
  return -1;
}

int
scan_job_get_digest (struct scan_job *job, uint64_t chunk,
                     unsigned char digest[DIGEST_SIZE])
{
  if (image_get_digest (job->im, chunk, digest))
    return 0;
  if (scan_job_start (job, false) == -1)
    return -1;
  LOCK_SCOPE (&job->lock);
  for (;;) {
    /* First this: the scan's last word comes before its digests are looked at. */
    bool ended = job->state != SCAN_RUNNING || atomic_load (&job->cancelled);

    if (image_get_digest (job->im, chunk, digest))
      return 0;
    if (ended)
      return report_missing (job, chunk);
    pthread_cond_wait (&job->progress, &job->lock);
  }
}
