/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "first-boot.h"
#include "keep.h"
#include "message-sink.h"
#include "partition-uses.h"
#include "plan.h"
#include "plan-record.h"
#include "progress.h"
#include "report.h"
#include "setting-show.h"
#include "settings-file.h"
#include "size-text.h"

#define LINE_MAX_BYTES 1024

/* A line that is put together piece by piece; what does not fit is cut. */
struct text
{
  char buf[LINE_MAX_BYTES];
  size_t len;
};

static void __attribute__ ((__format__ (__printf__, 2, 3)))
add (struct text *t, const char *fmt, ...)
{
  va_list args;

  va_start (args, fmt);
  int n = vsnprintf (t->buf + t->len, sizeof t->buf - t->len, fmt, args);
  va_end (args);
  if (n > 0)
    t->len += (size_t) n;
  if (t->len >= sizeof t->buf)
    t->len = sizeof t->buf - 1;
}

static void
show_board (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;
  struct text t = { .len = 0 };

  add (&t, "  board   %s", job->options->host);
  if (*b->hostname)
    add (&t, ", which calls itself %s", b->hostname);
  message_always ("%s", t.buf);
  if (!*b->machine)             /* not probed: a flash is under way */
    return;
  t.len = 0;
  add (&t, "          %s%s%s", b->model, *b->model ? ", " : "", b->machine);
  if (b->bits == 32 && strstr (b->machine, "64"))
    add (&t, " (32-bit userland)");
  add (&t, ", %s", b->kernel);
  message_always ("%s", t.buf);
}

static void
show_partition (const struct target_probe *b, const struct probe_partition *p)
{
  char size[SIZE_TEXT_MAX], uses[PARTITION_USES_MAX];

  partition_uses (b, p->name, uses);
  message_always ("            %s, %s%s%s", p->name, size_text (p->size, size),
                  *uses ? ", " : "", uses);
}

/* What lies on the disk without a partition table, and what that is in. */
static void
show_root (const struct target_probe *b)
{
  char uses[PARTITION_USES_MAX];

  if (*b->root_stack)
    message_always ("          root: %s", b->root_stack);
  partition_uses (b, b->disk, uses);
  if (*uses)
    message_always ("            the whole disk, without a partition table: %s",
                    uses);
}

static void
show_disk (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;
  char size[SIZE_TEXT_MAX];
  struct text t = { .len = 0 };

  add (&t, "  disk    %s, %s (%" PRIu64 " bytes)", b->disk,
       size_text (b->disk_size, size), b->disk_size);
  if (flash_job_is_root_disk (job))
    add (&t, ": THE DISK THAT THE BOARD RUNS FROM");
  message_always ("%s", t.buf);
  if (!*b->machine)
    return;
  t.len = 0;
  add (&t, "          %s", *b->disk_model ? b->disk_model : "model unknown");
  if (*b->disk_serial)
    add (&t, ", serial %s", b->disk_serial);
  if (b->disk_removable)
    add (&t, ", removable");
  message_always ("%s", t.buf);
  show_root (b);
  for (unsigned i = 0; i < b->nr_partitions; i++)
    show_partition (b, &b->partitions[i]);
}

void
plan_show_image (const struct image_facts *image)
{
  const struct integrity *i = &image->integrity;
  const struct partition_table *table = &image->table;
  char stored[SIZE_TEXT_MAX], disk[SIZE_TEXT_MAX];
  struct text t = { .len = 0 };

  message_always ("  image   %s: %s, %s, a disk of %s (%" PRIu64 " bytes)",
                  image->name, i->format, size_text (i->stored_size, stored),
                  size_text (i->disk_size, disk), i->disk_size);
  if (*image->origin)           /* it is not a file */
    message_always ("          from %s", image->origin);
  message_always ("          intact; XXH3-128 %s; checks in the file: %s",
                  i->digest, *i->check ? i->check : "none");
  add (&t, "          partition table: %s",
       partition_table_name (table->kind));
  for (unsigned n = 0; n < table->nr_partitions; n++)
    add (&t, "%s%u %s %s", n == 0 ? ": " : ", ", table->partitions[n].number,
         table->partitions[n].type,
         size_text (table->partitions[n].size, stored));
  message_always ("%s", t.buf);
  if (*i->notes)
    message_verbatim ("          note: ", i->notes);
}

static const char *
verification_text (const struct flash_job *job)
{
  switch (job->verification) {
  case VERIFY_OFF: return "no reading back";
  case VERIFY_SAMPLE: return "read a sample back";
  default: return "read back";
  }
}

static void
show_lifeboat (const struct flash_job *job)
{
  const struct options *o = job->options;

  if (o->lifeboat_port)
    message_always ("  login   during the write: through a second sshd in the "
                    "board's memory, port %u", o->lifeboat_port);
  else
    message_always ("  login   during the write: through a second sshd in the "
                    "board's memory, on the board's ssh port");
}

/* What the disk gets besides the image: of several boards, each its own. */
static void
show_changes (const struct flash_job *job)
{
  const struct board_patch *patch = &job->patch;
  const bool host_keys = job->options->keep & 1u << KEEP_SSH_HOST_KEYS;
  char keep[KEEP_LIST_MAX];

  keep_list (job->options->keep, keep);
  if (*keep && patch->nr_changes == 0)
    message_always ("  keep    %s", keep);
  for (size_t i = 0; i < patch->nr_changes; i++) {
    const struct board_change *c = &patch->changes[i];

    message_always ("  %s %s: %s", i == 0 ? "changed" : "       ", c->what, c->path);
  }
  if (host_keys)
    message_always ("          The host keys stay, so known_hosts stays valid.");
}

/* What the file has set is not before the person's eyes. */
void
plan_show_settings (const struct options *o)
{
  CLEANUP_FREE char *list = setting_list_set (o, NULL);

  if (list)
    message_always ("  set in  %s:\n          %s", o->file->name, list);
}

void
plan_show_steps (const struct flash_job *job)
{
  const struct options *o = job->options;
  bool root_disk = flash_job_is_root_disk (job);

  message_always ("  mode    %s", flash_job_is_in_place (job)
                  ? "stream: the image is read from where it lies on this board, "
                    "which then needs nobody"
                  : o->mode == FLASH_RAMFS
                  ? "ramfs: the image goes into the board's memory first, then "
                    "the board needs nobody"
                  : "stream: the image is written while it is sent; after a "
                    "broken connection it goes on where it was");
  show_changes (job);
  if (flash_job_wants_lifeboat (job))
    show_lifeboat (job);
  else if (o->transport == TRANSPORT_LOCAL && root_disk)
    message_always ("  login   during the write: none.  This program is stopped with "
                    "everything else;\n          nobody can look, help or give up "
                    "until the reboot");
  if (o->rehearse) {
    message_always ("  then    nothing: this is a rehearsal, which ends before "
                    "the write and leaves the board as it is");
    return;
  }
  if (o->first_boot)
    message_always ("  config  %s", o->first_boot->description);
  if (*flash_job_stop_services (job))
    message_always ("  stop    services: %s", flash_job_stop_services (job));
  message_always ("  then    %swrite, %s, %s", root_disk
                  ? "swap off, file systems read-only, " : "",
                  verification_text (job), root_disk && job->reboots
                  ? "reboot" : "no reboot");
}

void
plan_show (const struct flash_job *job)
{
  if (!message_sink_is_text ()) {
    plan_record_board (job);
    return;
  }
  message_always ("The plan:");
  show_board (job);
  show_disk (job);
  plan_show_image (&job->image);
  if (job->resume)
    message_always ("  This flash is already under way on the board (%s); it goes "
                    "on where it is, then: %s.",
                    job->go_taken ? "it has begun to write" : "not writing now",
                    verification_text (job));
  else
    plan_show_steps (job);
  plan_show_settings (job->options);
  if (!job->options->rehearse && !job->resume)
    message_always ("  EVERYTHING ON %s OF %s WILL BE LOST.", job->board.disk,
                    job->options->host);
}

int
plan_check_confirmation (const struct options *o)
{
  if (o->confirm && strcmp (o->confirm, o->host) != 0) {
    report_error (ERROR_NOT_CONFIRMED,
                  "--confirm %s: the host is %s, so this flash is not confirmed",
                  o->confirm, o->host);
    return -1;
  }
  if (!o->confirm && !o->dry_run && !isatty (STDIN_FILENO)) {
    report_error (ERROR_CONFIRMATION_MISSING,
                  "a flash must be confirmed, and there is no terminal to ask "
                  "on.\nGive --confirm %s, or look first with --dry-run.",
                  o->host);
    return -1;
  }
  return 0;
}

void
plan_record_confirmation (const struct options *o, const char *needed)
{
  message_record ("confirmation", "needed", needed, "given",
                  record_bool (o->confirm != NULL), NULL);
}

int
plan_confirm (const struct options *o)
{
  char answer[512];

  plan_record_confirmation (o, o->host);
  if (o->confirm)
    return 0;                   /* checked at the start */
  progress_hide ();
  fprintf (stderr, "Type the host name (%s) to go on: ", o->host);
  fflush (stderr);
  if (!fgets (answer, sizeof answer, stdin)) {
    report_error (ERROR_NOT_CONFIRMED, "no answer: not confirmed");
    return -1;
  }
  answer[strcspn (answer, "\r\n")] = '\0';
  if (strcmp (answer, o->host) == 0)
    return 0;
  report_error (ERROR_NOT_CONFIRMED, "that is not %s: not confirmed", o->host);
  return -1;
}
