/* SPDX-License-Identifier: MIT */
/* The full scan of an image in the background: one for all connections.
 *
 * Thread safe, except new and free. */

#ifndef FLASHIMAGE_SCAN_JOB_H
#define FLASHIMAGE_SCAN_JOB_H

#include <stdbool.h>

#include "digest.h"
#include "image-scan.h"
#include "stored-hash.h"

enum scan_state { SCAN_NOT_STARTED, SCAN_RUNNING, SCAN_INTACT, SCAN_DAMAGED };

struct scan_report
{
  enum scan_state state;
  uint64_t done;                        /* stored bytes scanned */
  struct image_scan_result result;      /* SCAN_INTACT */
  char error[512];                      /* SCAN_DAMAGED */
};

struct scan_job;

/* IM, STORED and NAME must outlive it.  Starts nothing.  NULL: no memory,
 * reported. */
struct scan_job *scan_job_new (struct image *im, struct stored_hash *stored,
                               const char *name);
void scan_job_free (struct scan_job *job);      /* NULL is allowed; cancels */

/* Start it, unless that was done before; HASH: with the SHA-256 of the stored view
 * first.  0, or -1, reported. */
int scan_job_start (struct scan_job *job, bool hash);

/* Let it end soon, and those who wait for it. */
void scan_job_cancel (struct scan_job *job);

bool scan_job_is_running (struct scan_job *job);
void scan_job_report (struct scan_job *job, struct scan_report *report);

/* The digest of a chunk of the disk view, which the scan is started for unless it
 * is known: 0, or -1, reported. */
int scan_job_get_digest (struct scan_job *job, uint64_t chunk,
                         unsigned char digest[DIGEST_SIZE]);

#endif
