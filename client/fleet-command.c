/* SPDX-License-Identifier: MIT */
/* flash-live-remote HOST HOST... IMAGE: several boards at once. */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "fleet-board.h"
#include "fleet-display.h"
#include "fleet-first-boot.h"
#include "fleet-plan.h"
#include "fleet-server.h"
#include "fleet-summary.h"
#include "interrupt.h"
#include "line-reader.h"
#include "message-sink.h"
#include "messages.h"
#include "plan.h"
#include "progress.h"
#include "prompt.h"
#include "report.h"
#include "status-record.h"

#define PAUSE 200               /* ms between two looks at everything */
#define SECRET_MAX 1024
#define FDS_MAX (3 + OPTIONS_BOARDS_MAX * FLEET_BOARD_FDS)

struct fleet
{
  struct options common;        /* what holds for all boards */
  const struct options *options;        /* the same */
  struct fleet_first_boots first_boots;
  struct fleet_server *server;
  struct fleet_shared shared;
  unsigned interrupts;          /* that were passed on */
  bool is_unserved;             /* and all know it */
  bool awaits_answer;           /* stdin is worth a look */
  struct line_reader answer_lines;
  char *answer;                 /* the line; NULL: none yet */
  bool answer_ended;            /* there will be none */
};

/* -- One round ----------------------------------------------------------------- */

static size_t
count_at_work (const struct fleet *f)
{
  size_t n = 0;

  for (size_t i = 0; i < f->shared.nr; i++)
    n += fleet_board_is_at_work (&f->shared.boards[i]);
  return n;
}

static bool
has_place (const struct fleet *f)
{
  return f->options->jobs == 0 || count_at_work (f) < f->options->jobs;
}

static uint64_t
bytes_done (const struct fleet *f)
{
  uint64_t n = 0;

  for (size_t i = 0; i < f->shared.nr; i++)
    n += f->shared.boards[i].progress.done;
  return n;
}

static void
look_after_server (struct fleet *f)
{
  if (f->is_unserved || fleet_server_service (f->server, bytes_done (f)))
    return;
  f->is_unserved = true;
  for (size_t i = 0; i < f->shared.nr; i++) {
    struct fleet_board *b = &f->shared.boards[i];

    fleet_board_tell (b, "unserved\n");
    if (b->stage == FLEET_QUEUED || b->stage == FLEET_PLANNED)
      fleet_board_refuse (b, ERROR_IMAGE_NOT_SERVED, "the image is not served any more");
  }
}

/* One more ^C for each of them; TERM and HUP count as two. */
static void
pass_interrupts_on (struct fleet *f)
{
  const unsigned count = interrupt_count ();
  const int signal = count - f->interrupts > 1 ? SIGTERM : SIGINT;

  if (count == f->interrupts)
    return;
  if (f->interrupts == 0)
    message_always ("Interrupted: boards that are not written yet stop and clean "
                    "up, others go on.  Interrupt once more to leave them.");
  f->interrupts = count;
  f->answer_ended = true;
  for (size_t i = 0; i < f->shared.nr; i++) {
    struct fleet_board *b = &f->shared.boards[i];

    if (b->stage == FLEET_QUEUED)
      fleet_board_refuse (b, ERROR_INTERRUPTED, "interrupted before its turn");
    else
      fleet_board_signal (b, signal);
  }
}

static void
take_answer_line (void *opaque, char *line)
{
  struct fleet *f = opaque;

  if (!f->answer)
    f->answer = strdup (line);
}

static void
take_typing (struct fleet *f, const struct pollfd *fd)
{
  if (fd->fd >= 0 && fd->revents
      && line_reader_read (&f->answer_lines, fd->fd, take_answer_line, f) != 1)
    f->answer_ended = true;
}

/* Boards ask one at a time: the others' questions wait in their processes. */
static void
put_question (struct fleet_board *b)
{
  char question[sizeof b->question + 300], answer[SECRET_MAX];
  char encoded[3 * SECRET_MAX + 1], line[sizeof encoded + 16];

  snprintf (question, sizeof question, "%.256s: %s", b->name, b->question);
  *b->question = '\0';
  if (prompt_ask (question, b->question_echo, answer, sizeof answer) == -1) {
    fleet_board_tell (b, "no-answer\n");
    return;
  }
  status_encode (answer, encoded, sizeof encoded);
  snprintf (line, sizeof line, "answer %s\n", encoded);
  fleet_board_tell (b, line);
  explicit_bzero (answer, sizeof answer);
  explicit_bzero (encoded, sizeof encoded);
  explicit_bzero (line, sizeof line);
}

static void
take_boards (struct fleet *f, const struct pollfd fds[])
{
  for (size_t i = 0; i < f->shared.nr; i++) {
    struct fleet_board *b = &f->shared.boards[i];

    if (b->pid > 0)
      fleet_board_take (b, fds + i * FLEET_BOARD_FDS);
    if (*b->question)
      put_question (b);
  }
}

/* Wait for something to happen, and take it. */
static void
take_round (struct fleet *f)
{
  static struct pollfd fds[FDS_MAX];
  const size_t nr = 3 + f->shared.nr * FLEET_BOARD_FDS;

  fds[0] = (struct pollfd) { .fd = interrupt_fd (), .events = POLLIN };
  fds[1] = (struct pollfd) { .fd = fleet_server_fd (f->server), .events = POLLIN };
  fds[2] = (struct pollfd) { .fd = f->awaits_answer ? STDIN_FILENO : -1,
                             .events = POLLIN };
  for (size_t i = 0; i < f->shared.nr; i++)
    fleet_board_poll (&f->shared.boards[i], fds + 3 + i * FLEET_BOARD_FDS);
  if (poll (fds, nr, PAUSE) == -1) {
    if (errno != EINTR)
      message_warning ("poll: %s", strerror (errno));
    return;
  }
  take_boards (f, fds + 3);
  take_typing (f, &fds[2]);
  pass_interrupts_on (f);
  look_after_server (f);
  if (!f->awaits_answer)
    fleet_display_update (f->shared.boards, f->shared.nr);
}

/* -- The order ----------------------------------------------------------------- */

/* Whether a board is at STAGE. */
static bool
is_any_at (const struct fleet *f, enum fleet_stage stage)
{
  for (size_t i = 0; i < f->shared.nr; i++)
    if (f->shared.boards[i].stage == stage)
      return true;
  return false;
}

static void
probe_all (struct fleet *f)
{
  message_phase ("probe", "Looking at %zu boards", f->shared.nr);
  while (is_any_at (f, FLEET_QUEUED) || is_any_at (f, FLEET_PROBING)) {
    for (size_t i = 0; i < f->shared.nr && has_place (f); i++)
      if (f->shared.boards[i].stage == FLEET_QUEUED)
        fleet_board_start (&f->shared.boards[i], &f->shared);
    take_round (f);
  }
  progress_hide ();
}

static void
refuse_planned (struct fleet *f)
{
  for (size_t i = 0; i < f->shared.nr; i++)
    if (f->shared.boards[i].stage == FLEET_PLANNED)
      fleet_board_refuse (&f->shared.boards[i], ERROR_NOT_CONFIRMED, NULL);
}

/* 0, or -1 after a report. */
static int
confirm (struct fleet *f)
{
  const size_t nr = fleet_plan_count (f->shared.boards, f->shared.nr);
  bool confirmed;

  plan_record_confirmation (f->options, RECORD_NUMBER (f->shared.nr));
  if (f->options->confirm || nr == 0)
    return 0;                   /* checked with the options */
  fprintf (stderr, "Type the number of boards (%zu) to go on: ", nr);
  fflush (stderr);
  f->awaits_answer = true;
  while (!f->answer && !f->answer_ended
         && fleet_plan_count (f->shared.boards, f->shared.nr) > 0)
    take_round (f);
  f->awaits_answer = false;
  confirmed = f->answer && fleet_plan_is_confirmed (f->answer, nr);
  if (confirmed)
    return 0;
  report_error (ERROR_NOT_CONFIRMED, f->answer ? "that is not %zu: not confirmed"
                          : "no answer: not confirmed (%zu boards)", nr);
  return -1;
}

/* Their time begins with their turn. */
static void
give_go (struct fleet_board *b)
{
  b->stage = FLEET_FLASHING;
  b->begun = clock_seconds ();
  snprintf (b->doing, sizeof b->doing, "beginning");
  fleet_board_tell (b, "go\n");
}

static void
flash_all (struct fleet *f)
{
  for (size_t i = 0; i < f->shared.nr; i++)
    if (f->shared.boards[i].stage == FLEET_PLANNED)
      f->shared.boards[i].begun = 0;
  while (is_any_at (f, FLEET_PLANNED) || is_any_at (f, FLEET_FLASHING)
         || is_any_at (f, FLEET_LEAVING)) {
    for (size_t i = 0; i < f->shared.nr && has_place (f); i++)
      if (f->shared.boards[i].stage == FLEET_PLANNED && f->interrupts == 0)
        give_go (&f->shared.boards[i]);
    take_round (f);
  }
  fleet_display_end (f->shared.boards, f->shared.nr);
}

static void
flash (struct fleet *f)
{
  probe_all (f);
  fleet_plan_refuse_twins (f->shared.boards, f->shared.nr);
  fleet_plan_show (&f->shared, f->options);
  if (f->interrupts > 0 || (!f->options->dry_run && confirm (f) == -1))
    refuse_planned (f);
  flash_all (f);
}

/* -- The command ---------------------------------------------------------------- */

static int
init_boards (struct fleet *f, const struct options *options)
{
  const size_t nr = options->nr_boards;

  f->shared.boards = calloc (nr, sizeof *f->shared.boards);
  if (!f->shared.boards) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  for (; f->shared.nr < nr; f->shared.nr++)
    if (fleet_board_init (&f->shared.boards[f->shared.nr], options,
                          f->shared.nr) == -1) {
      fleet_board_release (&f->shared.boards[f->shared.nr]);
      return -1;
    }
  if (fleet_first_boots_read (&f->first_boots, f->shared.boards, nr) == -1)
    return -1;
  /* What the plan says of all. */
  f->common = *options;
  f->common.first_boot = fleet_first_boots_find (&f->first_boots,
                                                 options->first_boot_file);
  return 0;
}

/* 0, or -1 after a report. */
static int
start_server (struct fleet *f)
{
  f->server = fleet_server_start (f->options);
  if (!f->server || fleet_first_boots_make (&f->first_boots, f->server) == -1)
    return -1;
  f->shared.image = fleet_server_image (f->server);
  f->shared.socket = fleet_server_socket (f->server);
  f->shared.can_ask = prompt_possible ();
  return 0;
}

static void
release (struct fleet *f)
{
  for (size_t i = 0; i < f->shared.nr; i++)
    fleet_board_release (&f->shared.boards[i]);
  free (f->shared.boards);
  fleet_first_boots_release (&f->first_boots);
  line_reader_release (&f->answer_lines);
  free (f->answer);
  fleet_server_stop (f->server);
}

enum exit_status
fleet_command (const struct options *options)
{
  struct fleet f = { .options = &f.common };
  enum exit_status status = STATUS_NOT_WRITTEN;

  fleet_display_init (options->verbosity);
  if (init_boards (&f, options) == -1)
    status = STATUS_USAGE;
  else if (fleet_plan_check_confirmation (options) == -1 || start_server (&f) == -1)
    report_error (ERROR_NOTHING_WRITTEN, "nothing was written to any board");
  else {
    flash (&f);
    fleet_summary_show (f.shared.boards, f.shared.nr, options);
    status = fleet_summary_status (f.shared.boards, f.shared.nr, options);
  }
  release (&f);
  return status;
}
