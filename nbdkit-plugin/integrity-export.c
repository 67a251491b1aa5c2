/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "fault.h"
#include "image-scan.h"
#include "image-statistics.h"
#include "integrity-export.h"
#include "report.h"
#include "worker-thread.h"

enum scan_state { SCANNING, INTACT, DAMAGED };

struct integrity_export
{
  struct image *im;
  atomic_bool cancelled;
  atomic_uint_least64_t done;   /* stored bytes scanned */

  pthread_mutex_t lock;         /* guards the rest */
  bool started;
  pthread_t thread;
  enum scan_state state;
  struct image_scan_result result;      /* state INTACT */
  char error[512];                      /* state DAMAGED */
};

struct integrity_export *
integrity_export_new (struct image *im)
{
  struct integrity_export *integrity = calloc (1, sizeof *integrity);

  if (!integrity) {
    report_error ("out of memory");
    errno = ENOMEM;
    return NULL;
  }
  integrity->im = im;
  integrity->state = SCANNING;
  pthread_mutex_init (&integrity->lock, NULL);
  return integrity;
}

void
integrity_export_free (struct integrity_export *integrity)
{
  if (!integrity)
    return;
  atomic_store (&integrity->cancelled, true);
  if (integrity->started)
    pthread_join (integrity->thread, NULL);
  pthread_mutex_destroy (&integrity->lock);
  free (integrity);
}

static int
note_progress (void *opaque, uint64_t done, uint64_t total)
{
  struct integrity_export *integrity = opaque;

  (void) total;
  atomic_store (&integrity->done, done);
  return atomic_load (&integrity->cancelled);
}

static void *
run_scan (void *opaque)
{
  struct integrity_export *integrity = opaque;
  struct image_scan_result result;
  char error[sizeof integrity->error];
  int r = image_scan (integrity->im, note_progress, integrity, &result, error,
                      sizeof error);

  LOCK_SCOPE (&integrity->lock);
  integrity->state = r == 0 ? INTACT : DAMAGED;
  integrity->result = result;
  memcpy (integrity->error, error, sizeof error);
  return NULL;
}

int
integrity_export_start (struct integrity_export *integrity)
{
  struct fault fault;

  LOCK_SCOPE (&integrity->lock);
  if (integrity->started)
    return 0;
  if (worker_thread_start (&integrity->thread, run_scan, integrity,
                           &fault) == -1) {
    report_error ("%s", fault.text);
    errno = fault.errnum;
    return -1;
  }
  integrity->started = true;
  return 0;
}

/* Append to TEXT, of which *USED bytes are taken; one byte always stays NUL. */
static void
append (char *text, size_t *used, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 3, 4)));

static void
append (char *text, size_t *used, const char *fmt, ...)
{
  const size_t room = INTEGRITY_EXPORT_SIZE - *used;
  va_list args;

  va_start (args, fmt);
  int n = vsnprintf (text + *used, room, fmt, args);
  va_end (args);
  if (n > 0)
    *used += (size_t) n < room ? (size_t) n : room - 1;
}

static void
append_notes (char *text, size_t *used, const char *notes)
{
  while (*notes) {
    size_t len = strcspn (notes, "\n");

    append (text, used, "note=%.*s\n", (int) len, notes);
    notes += len + (notes[len] == '\n');
  }
}

static void
append_result (struct integrity_export *integrity, char *text, size_t *used)
{
  char hex[DIGEST_HEX_SIZE];

  digest_to_hex (integrity->result.stored_digest, hex);
  append (text, used, "stored-xxh3-128=%s\n", hex);
  append (text, used, "check=%s\n", integrity->result.check);
  append_notes (text, used, integrity->result.notes);
}

void
integrity_export_text (struct integrity_export *integrity,
                       char text[INTEGRITY_EXPORT_SIZE])
{
  static const char *const names[] = {
    [SCANNING] = "scanning", [INTACT] = "intact", [DAMAGED] = "damaged"
  };
  const struct image *im = integrity->im;
  const uint64_t total = image_stored_size (im);
  uint64_t disk_size;
  size_t used = 0;

  memset (text, 0, INTEGRITY_EXPORT_SIZE);
  LOCK_SCOPE (&integrity->lock);
  append (text, &used, "version=1\nstate=%s\nformat=%s\nstored-size=%" PRIu64 "\n",
          names[integrity->state], image_format_name (image_get_format (im)),
          total);
  if (integrity->state == INTACT)
    append (text, &used, "disk-size=%" PRIu64 "\n", integrity->result.disk_size);
  else if (image_peek_disk_size (integrity->im, &disk_size))
    append (text, &used, "disk-size=%" PRIu64 "\n", disk_size);
  append (text, &used, "done=%" PRIu64 "\ntotal=%" PRIu64 "\n",
          (uint64_t) atomic_load (&integrity->done), total);
  if (integrity->state == INTACT)
    append_result (integrity, text, &used);
  if (integrity->state == DAMAGED)
    append (text, &used, "error=%s\n", integrity->error);
}
