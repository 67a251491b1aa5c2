/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "command-hint.h"
#include "session-summary.h"
#include "size-text.h"

/* -- Where it stands --------------------------------------------------- */

struct word { const char *key, *words; };

static const struct word states[] = {
  { "preparing", "preparing; nothing was written" },
  { "ready", "everything is proven; nothing was written" },
  { "writing", "writing the disk" },
  { "stopped", "stopped: a write failed; the disk is partly written" },
  { "verified", "the disk holds the whole image" },
  { "failed", "failed; the disk is partly written" },
  { "done", "done" },
  { NULL, NULL }
};

static const struct word phases[] = {
  { "rehearse", "rehearsing" },
  { "stage", "copying the image into the board's memory" },
  { "stop-services", "stopping services" },
  { "swap-off", "switching swap off" },
  { "sync", "flushing the old file systems" },
  { "read-only", "making the old file systems read-only" },
  { "copy", "writing" },
  { "read-back", "reading the disk back" },
  { "reboot", "rebooting" },
  { NULL, NULL }
};

static const struct word lifeboats[] = {
  { "no", "none: after a cut, only the board's own sshd could let you in" },
  { "closed", "ready; the board's own sshd answers" },
  { "open", "answers for a moment, to be proven" },
  { "held", "answers in the place of the board's sshd" },
  { NULL, NULL }
};

/* What a newer helper says that is not known here is shown as it is. */
static const char *
words_of (const struct word list[], const char *key)
{
  for (; list->key; list++)
    if (strcmp (list->key, key) == 0)
      return list->words;
  return *key ? key : "unknown";
}

static unsigned
percent (uint64_t done, uint64_t total)
{
  if (total == 0 || done >= total)
    return 100;
  return (unsigned) ((double) done * 100 / (double) total);
}

static void
print_progress (FILE *f, const struct session_report *r)
{
  const uint64_t done = session_status_number (r, "done");
  const uint64_t total = session_status_number (r, "total");
  const char *phase = session_status_get (r, "phase");
  char done_text[SIZE_TEXT_MAX], total_text[SIZE_TEXT_MAX];

  if (!*phase && total == 0)
    return;
  fprintf (f, "  phase     %s", words_of (phases, phase));
  if (total > 0)
    fprintf (f, ": %s of %s (%u %%)", size_text (done, done_text),
             size_text (total, total_text), percent (done, total));
  fputc ('\n', f);
}

void
session_summary_print (FILE *f, const char *host, const struct session_report *r)
{
  char stored[SIZE_TEXT_MAX], disk[SIZE_TEXT_MAX], target[SIZE_TEXT_MAX];
  const uint64_t target_size = session_status_number (r, "target-size");

  fprintf (f, "A flash is under way on %s.\n", host);
  fprintf (f, "  state     %s\n",
           words_of (states, session_status_get (r, "state")));
  print_progress (f, r);
  fprintf (f, "  image     %s: %s, %s, a disk of %s\n",
           session_status_get (r, "image"), session_status_get (r, "format"),
           size_text (session_status_number (r, "stored-size"), stored),
           size_text (session_status_number (r, "disk-size"), disk));
  fprintf (f, "            XXH3-128 %s\n", session_status_get (r, "stored-digest"));
  fprintf (f, "  disk      %s", session_status_get (r, "target-name"));
  if (target_size > 0)
    fprintf (f, ", %s", size_text (target_size, target));
  fprintf (f, "%s\n", session_status_says (r, "root-disk", "yes")
                      ? ": the disk that the board ran from" : "");
  fprintf (f, "  mode      %s; read-back: %s\n", session_status_get (r, "mode"),
           session_status_get (r, "verify"));
  fprintf (f, "  client    %s\n", session_status_says (r, "attached", "yes")
                                  ? "one is attached" : "none is attached");
  fprintf (f, "  lifeboat  %s\n",
           words_of (lifeboats, session_status_get (r, "lifeboat")));
  fprintf (f, "  session   %s\n", session_status_get (r, "session"));
}

/* -- What to do -------------------------------------------------------- */

static void
print_resume (FILE *f, const char *what, const struct options *o,
              const struct session_report *r)
{
  fprintf (f, "%s:\n  flash-live-remote", what);
  if (session_status_says (r, "mode", "stream"))
    fputs (" --stream", f);
  if (session_status_says (r, "root-disk", "no")) {
    char device[256];

    snprintf (device, sizeof device, "/dev/%s",
              session_status_get (r, "target-name"));
    command_hint_word (f, "--device", device);
  }
  command_hint_connection (f, o);
  command_hint_word (f, "", session_status_get (r, "image"));
  fprintf (f, "\n(the same image; its path may be another%s)\n",
           session_status_says (r, "patch-options", "none")
           ? "" : "; and the same --keep and --config");
}

static void
print_abandon (FILE *f, const struct options *o)
{
  fputs ("To give it up:\n  flash-live-remote abandon", f);
  command_hint_connection (f, o);
  fputc ('\n', f);
}

/* The disk is written, or the flash has ended. */
static void
advise_written (FILE *f, const struct session_report *r)
{
  if (session_status_says (r, "root-disk", "no"))
    fputs ("The flash is over; it removes itself.\n", f);
  else if (session_status_says (r, "reboot", "no"))
    fputs ("Reboot the board when you like; abandon resets it into the new "
           "system, too.\n", f);
  else
    fputs ("The board reboots into the new system by itself. Leave it switched "
           "on.\n", f);
}

void
session_summary_advise (FILE *f, const struct options *o,
                        const struct session_report *r)
{
  const bool writing = session_status_says (r, "state", "writing");

  if (session_status_stage (r) == STAGE_WRITTEN) {
    advise_written (f, r);
    return;
  }
  if (session_status_says (r, "attached", "yes"))
    fputs ("A client is at work: nothing needs to be done.\n", f);
  else if (writing && session_status_says (r, "mode", "ramfs"))
    print_resume (f, "The board has the whole image and finishes by itself. Leave "
                  "it switched on. To watch it", o, r);
  else if (writing)
    print_resume (f, "The board waits for the rest of the image. Leave it switched "
                  "on. To go on", o, r);
  else if (session_status_says (r, "state", "stopped"))
    print_resume (f, "Leave it switched on. To try again from where it stopped", o,
                  r);
  else if (session_status_stage (r) == STAGE_UNWRITTEN)
    print_resume (f, "Without a client it ends by itself within half an hour and "
                  "cleans up. To go on", o, r);
  else if (session_status_says (r, "root-disk", "no"))
    fputs ("A new flash of that disk begins anew.\n", f);
  else
    fputs ("Leave it switched on: once it is off, it does not boot again.\n", f);
  print_abandon (f, o);
}
