/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fleet-plan.h"
#include "flash-job.h"
#include "message-sink.h"
#include "messages.h"
#include "plan.h"
#include "report.h"
#include "setting-show.h"
#include "size-text.h"

#define COLUMNS 4
#define CELL_MAX 256

int
fleet_plan_check_confirmation (const struct options *o)
{
  if (o->confirm || o->dry_run || isatty (STDIN_FILENO))
    return 0;                   /* the number was compared with the options */
  report_error (ERROR_CONFIRMATION_MISSING,
                "flashes must be confirmed, and there is no terminal to ask on.\n"
                "Give --confirm %zu, the number of boards, or look first with "
                "--dry-run.", o->nr_boards);
  return -1;
}

/* -- Twins ------------------------------------------------------------------- */

static bool
is_same (const struct fleet_board *a, const struct fleet_board *b, const char *key)
{
  const char *value = fleet_board_plan (a, key);

  return *value && strcmp (value, fleet_board_plan (b, key)) == 0;
}

static bool
knows (const struct fleet_board *b, const char *key)
{
  return *fleet_board_plan (b, key) != '\0';
}

/* Boards that were made from one image may share their host key, and machines in
 * one computer its boot. */
static bool
are_twins (const struct fleet_board *a, const struct fleet_board *b)
{
  if (!is_same (a, b, "host_key"))
    return false;
  if (knows (a, "boot_id") && knows (b, "boot_id"))
    return is_same (a, b, "boot_id");
  return is_same (a, b, "disk_serial") && is_same (a, b, "disk_size");
}

void
fleet_plan_refuse_twins (struct fleet_board boards[], size_t nr)
{
  for (size_t i = 1; i < nr; i++)
    for (size_t j = 0; j < i && boards[i].stage == FLEET_PLANNED; j++)
      if (boards[j].stage == FLEET_PLANNED && are_twins (&boards[i], &boards[j])) {
        char text[512];

        snprintf (text, sizeof text, "this is the same board as %s, by another name",
                  boards[j].name);
        fleet_board_refuse (&boards[i], ERROR_BOARD_TWICE, text);
      }
}

size_t
fleet_plan_count (const struct fleet_board boards[], size_t nr)
{
  size_t count = 0;

  for (size_t i = 0; i < nr; i++)
    count += boards[i].stage == FLEET_PLANNED;
  return count;
}

/* -- The table --------------------------------------------------------------- */

struct row { char cells[COLUMNS][CELL_MAX]; };

static uint64_t
plan_number (const struct fleet_board *b, const char *key)
{
  return strtoull (fleet_board_plan (b, key), NULL, 10);
}

/* Its state, when it is not simply flashed. */
static void
describe_state (const struct fleet_board *b, char cell[CELL_MAX])
{
  if (b->stage != FLEET_PLANNED)
    snprintf (cell, CELL_MAX, "REFUSED: %.200s", *b->error ? b->error : "it ended");
  else if (strcmp (fleet_board_plan (b, "writing_begun"), "yes") == 0)
    snprintf (cell, CELL_MAX, "goes on with its flash, which has begun to write");
  else if (strcmp (fleet_board_plan (b, "resumes"), "yes") == 0)
    snprintf (cell, CELL_MAX, "goes on with its flash");
  else if (b->earlier)
    snprintf (cell, CELL_MAX, "%s", b->earlier);
  else
    snprintf (cell, CELL_MAX, "ok");
}

static void
fill_row (const struct fleet_board *b, struct row *row)
{
  char disk[SIZE_TEXT_MAX], memory[SIZE_TEXT_MAX];
  const char *model = fleet_board_plan (b, "model");
  const char *machine = fleet_board_plan (b, "machine");
  const char *disk_model = fleet_board_plan (b, "disk_model");

  memset (row, 0, sizeof *row);
  snprintf (row->cells[0], CELL_MAX, "%s", b->name);
  describe_state (b, row->cells[3]);
  if (!b->plan_line)
    return;
  snprintf (row->cells[1], CELL_MAX, "%.60s%s%.20s%s%s", model,
            *model && *machine ? ", " : "", machine, *machine ? ", " : "",
            *machine ? size_text (plan_number (b, "memory_available"), memory) : "");
  snprintf (row->cells[2], CELL_MAX, "%.32s, %s%s%.60s",
            fleet_board_plan (b, "disk"),
            size_text (plan_number (b, "disk_size"), disk), *disk_model ? ", " : "",
            disk_model);
}

static void
measure (const struct row *row, int widths[COLUMNS])
{
  for (size_t c = 0; c < COLUMNS; c++)
    if ((int) strlen (row->cells[c]) > widths[c])
      widths[c] = (int) strlen (row->cells[c]);
}

static void
say_row (const struct row *row, const int widths[COLUMNS])
{
  message_always ("  %-*s  %-*s  %-*s  %s", widths[0], row->cells[0], widths[1],
                  row->cells[1], widths[2], row->cells[2], row->cells[3]);
}

static void
show_table (const struct fleet_shared *shared)
{
  static const struct row head = { { "BOARD", "MACHINE, FREE MEMORY", "DISK", "" } };
  struct row *rows = calloc (shared->nr, sizeof *rows);
  int widths[COLUMNS] = { 0 };

  if (!rows) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return;
  }
  measure (&head, widths);
  for (size_t i = 0; i < shared->nr; i++) {
    fill_row (&shared->boards[i], &rows[i]);
    measure (&rows[i], widths);
  }
  say_row (&head, widths);
  for (size_t i = 0; i < shared->nr; i++)
    say_row (&rows[i], widths);
  free (rows);
}

/* What is not done as the steps say. */
static void
show_own_settings (const struct fleet_shared *shared, const struct options *o)
{
  for (size_t i = 0; i < shared->nr; i++) {
    CLEANUP_FREE char *list = setting_list_set (&shared->boards[i].options, o);

    if (list)
      message_always ("  %s has settings of its own: %s", shared->boards[i].name, list);
  }
}

static void
warn_of_loss (size_t count, size_t all)
{
  if (count == 1)
    message_always ("  EVERYTHING ON THE DISK OF THE %sBOARD WILL BE LOST.",
                    all == 1 ? "" : "OTHER ");
  else
    message_always ("  EVERYTHING ON THE DISKS OF %s%zu BOARDS WILL BE LOST.",
                    count == all ? "THESE " : "THE OTHER ", count);
}

void
fleet_plan_show (const struct fleet_shared *shared, const struct options *o)
{
  const size_t count = fleet_plan_count (shared->boards, shared->nr);
  /* What is done to each of them. */
  const struct flash_job any = {
    .options = o, .verification = o->verification, .reboots = o->reboot,
    .board.root_partition = o->device ? "" : "any"
  };

  if (!message_sink_is_text ())
    return;                     /* each board's plan was recorded */
  message_always ("The plan for %zu of %zu boards:", count, shared->nr);
  plan_show_image (shared->image);
  plan_show_steps (&any);
  if (o->device && !o->rehearse)
    message_always ("          a board that runs from %s is made read-only before, "
                    "and reboots after", o->device);
  if (o->jobs && o->jobs < count)
    message_always ("  jobs    %u boards at once", o->jobs);
  plan_show_settings (o);
  show_table (shared);
  show_own_settings (shared, o);
  if (!o->rehearse && count > 0)
    warn_of_loss (count, shared->nr);
}

bool
fleet_plan_is_confirmed (const char *answer, size_t nr)
{
  char number[24];

  snprintf (number, sizeof number, "%zu", nr);
  answer += strspn (answer, " ");
  return strncmp (answer, number, strlen (number)) == 0
         && answer[strlen (number) + strspn (answer + strlen (number), " \r")] == '\0';
}
