/* SPDX-License-Identifier: MIT */
/* flash-helper write: the image onto the target, read back, proven. */
#include <config.h>

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "copy.h"
#include "partition-heads.h"
#include "pin.h"
#include "read-back.h"
#include "received.h"
#include "report.h"
#include "say.h"

/* No connection and no terminal may end the writer, and a dd that dies shows by
 * EPIPE. */
static void
ignore_signals (void)
{
  static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };

  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    signal (signals[i], SIG_IGN);
}

/* A journal of this session means that a writer was here before us. */
static int
open_journal (struct flash *flash)
{
  const struct flash_settings *s = flash->settings;
  char path[PATH_MAX], text[80];
  bool found;

  flash->state.disk_size = s->disk_size;
  flash->state.target_size = s->target_size;
  memcpy (flash->state.session, s->session, sizeof flash->state.session);
  ram_root_path (path, "journal");
  flash->journal = journal_open (path, &flash->state, &found);
  if (!flash->journal)
    return -1;
  if (found) {
    say_set_written ("partial");
    say ("state", "name", "writing", NULL);
    snprintf (text, sizeof text, "going on at offset %" PRIu64,
              flash->state.position);
    say ("note", "text", text, NULL);
  }
  ram_root_path (path, "digests");
  flash->digests = digest_table_open (path, s->disk_size, found);
  return flash->digests ? 0 : -1;
}

/* What had to come twice, because a tunnel broke or a process was killed. */
static int
say_copied (const struct flash *flash)
{
  const struct flash_settings *s = flash->settings;
  const uint64_t *received =
    received_counter (s->stream ? RECEIVED_DISK : RECEIVED_STORED);
  const uint64_t needed = s->stream ? flash->state.needed : s->stored_size;
  char text[2][24];

  if (!received)
    return -1;
  snprintf (text[0], sizeof text[0], "%" PRIu64, *received);
  snprintf (text[1], sizeof text[1], "%" PRIu64,
            *received > needed ? *received - needed : 0);
  say ("copied", "received", text[0], "again", text[1], NULL);
  return 0;
}

static bool
will_settle (const struct flash *flash)
{
  return flash->settings->root_disk && flash->settings->reboot;
}

static int
write_image (struct flash *flash)
{
  say_phase ("copy");
  if (copy_open_target (flash) == -1 || open_journal (flash) == -1
      || (will_settle (flash) && partition_heads_reserve (flash) == -1))
    return -1;
  flash->source = image_source_open (flash->settings);
  if (!flash->source)
    return -1;
  if (copy_run (flash) == -1 || target_flush (&flash->target) == -1
      || say_copied (flash) == -1)
    return -1;
  say_phase ("read-back");
  if (read_back_run (flash) == -1)
    return -1;
  if (will_settle (flash) && partition_heads_keep (flash) == -1)
    return -1;
  say_set_written ("yes");
  say ("state", "name", "verified", NULL);
  return 0;
}

int
write_command (int argc, char **argv)
{
  /* Static: after a failure a thread may still be using it. */
  static struct flash_settings settings;
  static struct flash flash = { .target = TARGET_CLOSED };

  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 2;
  }
  ignore_signals ();
  if (flash_settings_read (&settings) == -1)
    return 2;
  flash.settings = &settings;
  (void) pin_own_memory ();     /* an old kernel refuses; swap is off anyway */
  if (write_image (&flash) == -1)
    return strcmp (say_written (), "no") == 0 ? 2 : 1;
  image_source_close (flash.source);
  journal_close (flash.journal);
  digest_table_close (flash.digests);
  target_close (&flash.target);
  return 0;
}
