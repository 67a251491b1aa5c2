/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "image-statistics.h"
#include "integrity-export.h"

enum verdict { SCANNING, INTACT, DAMAGED };

int
integrity_export_start (const struct served_image *served,
                        const struct companion_files *files)
{
  const bool checksum = companion_files_have_checksum (files);
  struct scan_report report;
  unsigned char hash[CHECKSUM_SIZE];

  if (!served->im)
    return 0;
  if (scan_job_start (served->job, checksum) == -1)
    return -1;
  scan_job_report (served->job, &report);
  /* The scan may have been made when there was no checksum yet. */
  if (checksum && report.state == SCAN_INTACT)
    return stored_hash_get (served->hash, hash);
  return 0;
}

/* Append to TEXT, of which *USED bytes are taken; one byte always stays NUL. */
static void append (char *text, size_t *used, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 3, 4)));

static void
append (char *text, size_t *used, const char *fmt, ...)
{
  const size_t room = INTEGRITY_SIZE - *used;
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

/* A cause is one line, whatever names are in it. */
static void
append_error (char *text, size_t *used, const char *error)
{
  size_t start = *used;

  append (text, used, "error=%s", error);
  for (; start < *used; start++)
    if ((unsigned char) text[start] < ' ')
      text[start] = '?';
  append (text, used, "\n");
}

static void
append_result (const struct scan_report *report, char *text, size_t *used)
{
  char hex[DIGEST_HEX_SIZE];

  digest_to_hex (report->result.stored_digest, hex);
  append (text, used, "stored-xxh3-128=%s\n", hex);
  append (text, used, "check=%s\n", report->result.check);
}

/* What is known so far, and the cause if it is damage. */
static enum verdict
judge (const struct served_image *served, const struct companion_files *files,
       const struct scan_report *report, const uint64_t *disk_size,
       char error[COMPANION_FAULT_SIZE])
{
  unsigned char hash[CHECKSUM_SIZE];
  bool hash_known = stored_hash_peek (served->hash, hash);

  if (companion_files_fault (files)) {
    snprintf (error, COMPANION_FAULT_SIZE, "%s", companion_files_fault (files));
    return DAMAGED;
  }
  if (hash_known
      && companion_files_check_stored (files, hash, error) == -1)
    return DAMAGED;
  if (disk_size
      && companion_files_check_disk_size (files, *disk_size, error) == -1)
    return DAMAGED;
  if (report->state == SCAN_DAMAGED) {
    snprintf (error, COMPANION_FAULT_SIZE, "%s", report->error);
    return DAMAGED;
  }
  if (report->state != SCAN_INTACT
      || (companion_files_have_checksum (files) && !hash_known))
    return SCANNING;
  return INTACT;
}

static void
describe_unopened (const struct served_image *served, char *text)
{
  size_t used = 0;

  append (text, &used, "version=1\nstate=damaged\nformat=unknown\n"
          "stored-size=0\ndone=0\ntotal=0\n");
  append_error (text, &used, served->error);
}

void
integrity_export_text (const struct served_image *served,
                       const struct companion_files *files,
                       char text[INTEGRITY_SIZE])
{
  static const char *const names[] = {
    [SCANNING] = "scanning", [INTACT] = "intact", [DAMAGED] = "damaged"
  };
  char error[COMPANION_FAULT_SIZE] = "";
  struct scan_report report;
  uint64_t total, disk_size;
  bool known;
  size_t used = 0;

  memset (text, 0, INTEGRITY_SIZE);
  if (!served->im) {
    describe_unopened (served, text);
    return;
  }
  scan_job_report (served->job, &report);
  disk_size = report.result.disk_size;
  known = report.state == SCAN_INTACT
          || image_peek_disk_size (served->im, &disk_size);
  enum verdict verdict = judge (served, files, &report,
                                known ? &disk_size : NULL, error);
  total = image_stored_size (served->im);
  append (text, &used, "version=1\nstate=%s\nformat=%s\nstored-size=%" PRIu64 "\n",
          names[verdict], image_format_name (image_get_format (served->im)),
          total);
  if (known)
    append (text, &used, "disk-size=%" PRIu64 "\n", disk_size);
  append (text, &used, "done=%" PRIu64 "\ntotal=%" PRIu64 "\n", report.done,
          total);
  if (verdict == INTACT)
    append_result (&report, text, &used);
  if (verdict == DAMAGED) {
    append_error (text, &used, error);
    return;
  }
  if (verdict == INTACT) {
    append_notes (text, &used, report.result.notes);
    append_notes (text, &used, companion_files_notes (files));
  }
}
