/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "board-state.h"
#include "clock.h"
#include "flash-map.h"
#include "flash-status.h"
#include "message-sink.h"
#include "messages.h"
#include "phase-times.h"
#include "progress.h"
#include "report.h"
#include "status-record.h"
#include "terminal-text.h"

static const struct
{
  const char *name;             /* of the phase */
  const char *announcement;     /* its line */
  const char *label;            /* of its progress line */
} phases[] = {
  { "rehearse", "Rehearsing: proving on the board that everything works", "rehearsing" },
  { "stage", "Staging: copying the image into the board's memory", "copying" },
  { "stop-services", "Stopping services", "stopping services" },
  { "swap-off", "Switching swap off", "swap off" },
  { "sync", "Flushing the old file systems", "flushing" },
  { "read-only", "Making the old file systems read-only", "read-only" },
  { "copy", "Writing the disk", "writing" },
  { "read-back", "Reading the disk back", "verifying" },
  { "reboot", "Rebooting", "rebooting" },
};
#define NR_PHASES (sizeof phases / sizeof *phases)

/* FNV-1a; a chance hit would only hide a line from the person. */
static uint64_t
hash_of (const char *text)
{
  uint64_t hash = UINT64_C (0xcbf29ce484222325);

  for (; *text; text++)
    hash = (hash ^ (unsigned char) *text) * UINT64_C (0x100000001b3);
  return hash;
}

/* Whether LINE only repeats what an earlier channel has brought.  The board may
 * have forgotten some lines in between, never their order. */
static bool
is_repetition (struct flash_status *s, const char *line)
{
  uint64_t hash = hash_of (line);

  for (size_t i = s->repeated; i < s->nr_seen; i++)
    if (s->seen[i] == hash) {
      s->repeated = i + 1;
      return true;
    }
  s->repeated = s->nr_seen;
  if (s->nr_seen < STATUS_LINES_MAX) {
    s->seen[s->nr_seen++] = hash;
    s->repeated = s->nr_seen;
  }
  return false;
}

void
flash_status_new_channel (struct flash_status *s)
{
  s->greeted = false;
  s->repeated = 0;
}

static const char *
text_of (struct status_record *r, const char *key)
{
  for (unsigned i = 0; i < r->nr_fields; i++)
    if (strcmp (r->fields[i].key, key) == 0)
      return terminal_text_clean (r->fields[i].value);
  return "";
}

static uint64_t
number_of (const struct status_record *r, const char *key)
{
  uint64_t n = 0;

  return status_get_number (r, key, &n) ? n : 0;
}

/* -- The records ---------------------------------------------------------- */

/* The helper says so right before its first write, when that fails, and when
 * nothing differs. */
static void
take_state (struct flash_status *s, const char *name)
{
  const bool stopped = strcmp (name, "stopped") == 0;
  const bool verified = strcmp (name, "verified") == 0;

  if (stopped || verified || strcmp (name, "writing") == 0) {
    if (!s->writing)
      board_state_record (WRITTEN_PARTLY, true, s->target);
    s->writing = true;
  }
  s->stopped = stopped;
  s->verified = s->verified || verified;
}

static void
take_hello (struct flash_status *s, struct status_record *r)
{
  if (number_of (r, "protocol") != FLASH_PROTOCOL_VERSION
      || strcmp (text_of (r, "session"), s->session) != 0) {
    report_error (ERROR_BOARD_ANSWER,
                  "the helper on the board (%s, protocol %s, session %s) is not "
                  "the one that this flash belongs to", text_of (r, "helper"),
                  text_of (r, "protocol"), text_of (r, "session"));
    s->foreign = true;
  }
  s->greeted = true;
  take_state (s, text_of (r, "state"));
}

/* Whether a phase is told only because a channel begins with everything. */
static bool
is_past (struct flash_status *s, const char *name)
{
  if (!s->phase || !*s->phase)
    return false;
  if (strcmp (s->phase, name) != 0)
    return true;
  s->phase = NULL;
  return false;
}

static void
take_phase (struct flash_status *s, struct status_record *r)
{
  const char *name = text_of (r, "name");

  if (strcmp (name, "reboot") == 0)
    s->rebooting = true;
  if (is_past (s, name))
    return;
  for (size_t i = 0; i < NR_PHASES; i++)
    if (strcmp (name, phases[i].name) == 0) {
      progress_end ();
      message_phase (phases[i].name, "%s", phases[i].announcement);
      return;
    }
  message_detail ("Phase %s", name);
}

/* A sample is read back here and there: that makes no part of a map. */
static void
fill_map (struct flash_status *s, const char *phase, uint64_t done, uint64_t total)
{
  if (!s->map)
    return;
  if (strcmp (phase, "copy") == 0)
    disk_map_write (s->map, done);
  else if (strcmp (phase, "read-back") == 0 && total == s->image_size)
    disk_map_verify (s->map, done);
}

static void
take_repaired (struct flash_status *s, const struct status_record *r)
{
  if (s->map)
    disk_map_repair (s->map, number_of (r, "offset"), number_of (r, "length"));
}

static void
record_map (const struct flash_status *s)
{
  if (s->map)
    flash_map_record (s->map);
}

/* What holds it up can be told where two sides wait for each other. */
static enum bottleneck
bottleneck_of (struct flash_status *s, const struct status_record *r,
               const char *phase)
{
  uint64_t source, disk;

  if (strcmp (phase, "stage") == 0)
    return bottleneck_judge (&s->waits, true);
  if (strcmp (phase, "copy") != 0)
    return BOTTLENECK_UNKNOWN;
  if (status_get_number (r, "source-wait", &source)
      && status_get_number (r, "disk-wait", &disk))
    bottleneck_add_board (&s->waits, source, disk);
  return bottleneck_judge (&s->waits, s->is_stream);
}

static void
take_progress (struct flash_status *s, struct status_record *r)
{
  const char *name = text_of (r, "phase");

  s->phase = NULL;
  s->done = number_of (r, "done");
  for (size_t i = 0; i < NR_PHASES; i++)
    if (strcmp (name, phases[i].name) == 0) {
      if (progress_label () != phases[i].label) {
        progress_begin (phases[i].name, phases[i].label);
        bottleneck_reset (&s->waits);
      }
      progress_set_bottleneck (bottleneck_of (s, r, name));
      if (strcmp (name, "copy") == 0)
        s->summary.holes = number_of (r, "zeroed");
      fill_map (s, name, s->done, number_of (r, "total"));
      progress_set_holes (number_of (r, "zeroed"));
      phase_times_begin (phases[i].name, clock_now ());
      progress_update (s->done, number_of (r, "total"));
      return;
    }
}

static void
take_staged (struct flash_status *s, struct status_record *r)
{
  s->staged = true;
  s->staged_differs = number_of (r, "size") != s->stored_size
                      || strcmp (text_of (r, "digest"), s->stored_digest) != 0;
  progress_end ();
  if (s->staged_differs)
    report_error (ERROR_STAGED_COPY_DIFFERS,
                  "the copy in the board's memory differs from the image "
                  "(XXH3-128 %s): bad memory, or the image was changed "
                  "meanwhile", text_of (r, "digest"));
  else
    message_detail ("The copy in the board's memory equals the image");
}

static void
record_verification (struct status_record *r)
{
  static const char *const keys[] = { "pass", "chunks", "of", "differing",
                                      "repaired" };
  const char *fields[2 * sizeof keys / sizeof *keys + 1];
  size_t n = 0;

  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (status_get (r, keys[i])) {
      fields[n++] = keys[i];
      fields[n++] = text_of (r, keys[i]);
    }
  fields[n] = NULL;
  message_record_fields ("verification", fields);
}

static void
take_verified (struct flash_status *s, struct status_record *r)
{
  uint64_t differing = number_of (r, "differing");

  progress_end ();
  s->verified = differing == 0;
  s->chunks_read = number_of (r, "chunks");
  s->chunks = number_of (r, "of");
  s->summary.passes++;
  s->summary.chunks = s->chunks_read;
  s->summary.differing += differing;
  s->summary.repaired += number_of (r, "repaired");
  record_verification (r);
  if (s->map && s->chunks == 0)
    disk_map_verify (s->map, s->image_size);
  record_map (s);
  if (differing > 0)
    message_warning ("%" PRIu64 " of %" PRIu64 " chunks differ on %s, %" PRIu64
                     " were written again (pass %" PRIu64 ")", differing,
                     s->chunks_read, s->target, number_of (r, "repaired"),
                     number_of (r, "pass"));
  else if (s->chunks > 0)
    message_info ("What was read of the disk equals the image (%" PRIu64 " of %"
                  PRIu64 " chunks)", s->chunks_read, s->chunks);
  else
    message_info ("The disk equals the image (%" PRIu64 " chunks read back)",
                  s->chunks_read);
}

static void
take_copied (struct flash_status *s, struct status_record *r)
{
  s->copied = true;
  s->summary.again = number_of (r, "again");
  if (s->map)
    disk_map_write (s->map, s->image_size);
  record_map (s);
  message_record ("copied", "received", text_of (r, "received"),
                  "received_again", text_of (r, "again"), NULL);
  message_detail ("%" PRIu64 " bytes received, %" PRIu64 " of them again",
                  number_of (r, "received"), number_of (r, "again"));
}

static void
take_written (struct flash_status *s, struct status_record *r)
{
  const char *written = text_of (r, "written");

  if (*written)
    snprintf (s->written, sizeof s->written, "%s", written);
}

static void
take_end (struct flash_status *s, struct status_record *r)
{
  const char *result = text_of (r, "result");

  progress_end ();
  take_written (s, r);
  s->result = strcmp (result, "done") == 0 ? RESULT_DONE
              : strcmp (result, "rebooting") == 0 ? RESULT_REBOOTING
              : strcmp (result, "aborted") == 0 ? RESULT_ABORTED
              : RESULT_FAILED;
}

static void
take_record (struct flash_status *s, struct status_record *r)
{
  if (strcmp (r->type, "phase") == 0)
    take_phase (s, r);
  else if (strcmp (r->type, "state") == 0)
    take_state (s, text_of (r, "name"));
  else if (strcmp (r->type, "note") == 0)
    message_info ("board: %s", text_of (r, "text"));
  else if (strcmp (r->type, "staged") == 0)
    take_staged (s, r);
  else if (strcmp (r->type, "ready") == 0) {
    progress_end ();
    s->ready = true;
  }
  else if (strcmp (r->type, "copied") == 0)
    take_copied (s, r);
  else if (strcmp (r->type, "repaired") == 0)
    take_repaired (s, r);
  else if (strcmp (r->type, "verified") == 0)
    take_verified (s, r);
  else if (strcmp (r->type, "waiting") == 0)
    message_detail ("board: waiting at offset %s", text_of (r, "offset"));
  else if (strcmp (r->type, "error") == 0) {
    progress_end ();
    take_written (s, r);
    report_error (error_code_of_name (status_get (r, "code"), ERROR_BOARD_ERROR),
                  "board: %s", text_of (r, "text"));
  }
  else if (strcmp (r->type, "end") == 0)
    take_end (s, r);
}

void
flash_status_take_line (struct flash_status *s, char *line)
{
  struct status_record record;
  char words[STATUS_RECORD_MAX];

  snprintf (words, sizeof words, "%s", line);
  if (!status_parse (line, &record)) {
    message_verbatim ("board: ", words);
    return;
  }
  message_debug ("helper: %s", words);
  s->heard = clock_seconds ();
  if (strcmp (record.type, "hello") == 0) {
    take_hello (s, &record);
    return;
  }
  /* Whoever speaks without a greeting is not our helper. */
  if (!s->greeted || s->foreign)
    return;
  if (strcmp (record.type, "progress") == 0) {
    take_progress (s, &record);
    return;
  }
  if (!is_repetition (s, words))
    take_record (s, &record);
}
