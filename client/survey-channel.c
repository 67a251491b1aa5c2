/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board-privilege.h"
#include "cleanup.h"
#include "clock.h"
#include "deploy.h"
#include "helper-choice.h"
#include "helper-files.h"
#include "remote-command.h"
#include "report.h"
#include "shell-quote.h"
#include "ssh-exec.h"
#include "status-record.h"
#include "survey-channel.h"
#include "terminal-text.h"

#define SILENCE_SECONDS 600     /* slow boards, slow links, dying disks */
#define END_SECONDS 60
#define WORDS_MAX 65536         /* of a login shell, and of the helper */
#define QUESTIONS_MAX 8         /* that wait for their answers */
#define QUESTION_SIZE 64        /* bytes, the newline included */
/* In the RAM root, beside the helper. */
#define RAM_ROOT_EXTRA (4 * 1024 * 1024)

struct words
{
  char line[1024];
  size_t len, total;
};

struct survey_channel
{
  struct board_connection *connection;
  struct remote_command *command;
  struct helper_file deploy, program;
  char *assignments;
  struct exec_input inputs[4];
  unsigned input;               /* the one being sent */
  size_t sent;                  /* of it */
  char questions[QUESTIONS_MAX * QUESTION_SIZE];
  size_t questions_len;         /* not sent yet */
  unsigned unanswered[QUESTIONS_MAX];   /* answers a question, oldest first */
  unsigned nr_unanswered;
  struct words errors;          /* the board's stderr */
  bool runs_not_here;           /* its helper: another one may */
};

/* -- The board's words ---------------------------------------------------- */

static void
show_words (struct words *w)
{
  w->line[w->len] = '\0';
  message_verbatim ("board: ", w->line);
  w->len = 0;
}

static void
add_to_words (struct words *w, const char *data, size_t len)
{
  for (size_t i = 0; i < len && w->total < WORDS_MAX; i++, w->total++) {
    if (data[i] == '\n' || w->len == sizeof w->line - 1)
      show_words (w);
    if (data[i] != '\n' && data[i] != '\0')
      w->line[w->len++] = data[i];
  }
}

static int
read_errors (struct survey_channel *c)
{
  char buf[4096];
  size_t n;

  while ((n = remote_command_read (c->command, REMOTE_STDERR, buf,
                                   sizeof buf)) > 0) {
    add_to_words (&c->errors, buf, n);
    if (c->errors.total == WORDS_MAX) {
      report_error (ERROR_BOARD_NOISE, "the board complains without end");
      return -1;
    }
  }
  return 0;
}

/* -- Sending and receiving ------------------------------------------------ */

static void
send_inputs (struct survey_channel *c)
{
  const unsigned nr = sizeof c->inputs / sizeof *c->inputs;

  while (c->input < nr) {
    const struct exec_input *in = &c->inputs[c->input];
    ssize_t n = in->size == 0 ? 0
                : remote_command_write (c->command,
                                        (const char *) in->data + c->sent,
                                        in->size - c->sent);
    if (n <= 0 && in->size > 0)
      return;                   /* not now; or it has ended, and says why */
    c->sent += (size_t) n;
    if (c->sent == in->size) {
      c->input++;
      c->sent = 0;
    }
  }
}

static void
send_questions (struct survey_channel *c)
{
  while (c->questions_len > 0) {
    ssize_t n = remote_command_write (c->command, c->questions,
                                      c->questions_len);
    if (n <= 0)
      return;
    c->questions_len -= (size_t) n;
    memmove (c->questions, c->questions + n, c->questions_len);
  }
}

/* ARRIVALS: the count of what had come before the caller looked for what it wants. */
static int
wait_for_board (struct survey_channel *c, uint64_t arrivals, long deadline)
{
  struct pollfd p = { .fd = board_connection_fd (c->connection),
                      .events = board_connection_events (c->connection) };
  int patience = board_connection_arrivals (c->connection) == arrivals ? 500 : 0;

  if (poll (&p, 1, patience) == -1 && errno != EINTR) {
    report_error (ERROR_SYSTEM_FAILED, "poll: %s", strerror (errno));
    return -1;
  }
  if (board_connection_service (c->connection) == -1) {
    report_error (ERROR_CONNECTION_LOST, "the connection to the board was lost: %s",
                  board_connection_error (c->connection));
    return -1;
  }
  if (clock_seconds () > deadline) {
    report_error (ERROR_BOARD_SILENT, "the board did not answer in time");
    return -1;
  }
  return 0;
}

/* Up to SIZE bytes of the helper's stdout; 0: it has ended; -1: reported. */
static ssize_t
receive_some (struct survey_channel *c, void *buf, size_t size,
              unsigned patience)
{
  const long deadline = clock_seconds () + (long) patience;

  for (;;) {
    const uint64_t arrivals = board_connection_arrivals (c->connection);
    const enum remote_command_state state = remote_command_step (c->command);

    if (state == REMOTE_REFUSED) {
      report_error (ERROR_BOARD_SHELL, "the board does not start commands: %s",
                    board_connection_error (c->connection));
      return -1;
    }
    if (state == REMOTE_RUNNING) {
      send_inputs (c);
      if (c->input == sizeof c->inputs / sizeof *c->inputs)
        send_questions (c);
    }
    if (read_errors (c) == -1)
      return -1;
    const size_t n = remote_command_read (c->command, REMOTE_STDOUT, buf, size);
    if (n > 0 || state == REMOTE_ENDED)
      return (ssize_t) n;
    if (wait_for_board (c, arrivals, deadline) == -1)
      return -1;
  }
}

static void
report_early_end (struct survey_channel *c)
{
  const int status = remote_command_exit_status (c->command);

  if (c->errors.len > 0)
    show_words (&c->errors);
  if (status == DEPLOY_RUNS_NOT_HERE) {
    c->runs_not_here = true;
    return;
  }
  if (status == DEPLOY_OTHER_SESSION)
    report_error (ERROR_FLASH_UNDER_WAY,
                  "a flash or another survey is already running on this board; "
                  "its disk can be compared when that has ended");
  else
    report_error (ERROR_SURVEY_FAILED,
                  "the survey has ended on the board before its time "
                  "(exit status %d)", status);
}

static int
receive_all (struct survey_channel *c, void *buf, size_t len)
{
  for (size_t done = 0; done < len; ) {
    const ssize_t n = receive_some (c, (char *) buf + done, len - done,
                                    SILENCE_SECONDS);
    if (n == 0)
      report_early_end (c);
    if (n <= 0)
      return -1;
    done += (size_t) n;
  }
  return 0;
}

/* The marker ends a line, alone or behind words without a newline. */
static int
wait_for_marker (struct survey_channel *c)
{
  static const char marker[] = FLASH_SURVEY_MARKER;
  const size_t len = sizeof marker - 1;
  struct words words = { .len = 0 };
  char last[sizeof marker - 1] = { 0 };

  while (words.total < WORDS_MAX) {
    char byte;

    if (receive_all (c, &byte, 1) == -1)
      return -1;
    memmove (last, last + 1, len - 1);
    last[len - 1] = byte;
    if (memcmp (last, marker, len) == 0) {
      words.len -= words.len < len - 1 ? words.len : len - 1;
      if (words.len > 0)
        show_words (&words);
      return 0;
    }
    add_to_words (&words, &byte, 1);
  }
  report_error (ERROR_BOARD_NOISE, "the board's login shell prints without end");
  return -1;
}

/* -- Opening and closing -------------------------------------------------- */

static char *
make_assignments (const struct flash_job *job, size_t helper_size)
{
  CLEANUP_FREE char *busybox = shell_quote (job->board.busybox);
  CLEANUP_FREE char *target = shell_quote (job->board.disk_number);
  char *text;

  if (!busybox || !target
      || asprintf (&text, "BUSYBOX=%s\nTARGET=%s\nTARGET_SIZE='%" PRIu64 "'\n"
                   "HELPER_SIZE='%zu'\nBUSYBOX_SIZE='0'\nSCRIPT_SIZE='0'\n"
                   "SESSION_SIZE='0'\nKEY_SIZE='0'\nPATCH_SIZE='0'\n"
                   "LIFEBOAT='no'\nPURPOSE='survey'\n"
                   "RAM_SIZE='%zu'\n", busybox, target, job->board.disk_size,
                   helper_size, helper_size + RAM_ROOT_EXTRA) == -1)
    return NULL;
  return text;
}

static int
load (struct survey_channel *c, const struct flash_job *job, const char *arch)
{
  CLEANUP_FREE char *command = NULL;

  if (helper_file_read ("deploy.sh", &c->deploy) == -1
      || helper_file_read_arch (HELPER_PROGRAM_PREFIX, arch, &c->program) == -1)
    return -1;
  c->assignments = make_assignments (job, c->program.size);
  if (c->assignments)
    command = deploy_command (job, strlen (c->assignments) + c->deploy.size);
  if (!command) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  c->inputs[0] = *board_privilege_input (job);
  c->inputs[1] = (struct exec_input) { c->assignments,
                                       strlen (c->assignments) };
  c->inputs[2] = (struct exec_input) { c->deploy.data, c->deploy.size };
  c->inputs[3] = (struct exec_input) { c->program.data, c->program.size };
  c->command = remote_command_new (c->connection, command);
  return c->command ? 0 : -1;
}

/* NULL after a report; or, when it does not run on the board, noted in CHOICE. */
static struct survey_channel *
open_candidate (struct flash_job *job, struct helper_choice *choice, unsigned i,
                bool *runs_not_here)
{
  struct survey_channel *c = calloc (1, sizeof *c);

  *runs_not_here = false;
  if (!c) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  c->connection = job->connection;
  if (load (c, job, choice->archs[i]) == 0 && wait_for_marker (c) == 0)
    return c;
  *runs_not_here = c->runs_not_here;
  if (c->runs_not_here)
    helper_choice_note (choice, i, c->errors.line);
  survey_channel_free (c);
  return NULL;
}

struct survey_channel *
survey_channel_open (struct flash_job *job)
{
  struct helper_choice choice;

  if (helper_choice_make (job, false, &choice) == -1)
    return NULL;
  for (unsigned i = 0; i < choice.nr; i++) {
    bool runs_not_here;
    struct survey_channel *c = open_candidate (job, &choice, i, &runs_not_here);

    if (!runs_not_here)
      return c;
  }
  helper_choice_report (&choice);
  return NULL;
}

void
survey_channel_finish (struct survey_channel *c)
{
  char surplus[64];
  ssize_t n;

  remote_command_send_eof (c->command);
  n = receive_some (c, surplus, sizeof surplus, END_SECONDS);
  if (n > 0)
    report_error (ERROR_BOARD_ANSWER, "the board answers what was not asked");
  else if (n == 0 && remote_command_exit_status (c->command) != 0)
    report_early_end (c);
}

void
survey_channel_free (struct survey_channel *c)
{
  if (!c)
    return;
  remote_command_free (c->command);
  helper_file_release (&c->deploy);
  helper_file_release (&c->program);
  free (c->assignments);
  free (c);
}

/* -- Questions and answers ------------------------------------------------ */

static bool
ask (struct survey_channel *c, const char *subject, uint64_t first,
     uint64_t count, unsigned answers)
{
  /* A board may answer what it was not even sent: both bounds are needed. */
  if (c->nr_unanswered == QUESTIONS_MAX
      || c->questions_len > sizeof c->questions - QUESTION_SIZE)
    return false;
  c->questions_len += (size_t) snprintf (c->questions + c->questions_len,
                                         QUESTION_SIZE,
                                         "%s %" PRIu64 " %" PRIu64 "\n",
                                         subject, first, count);
  c->unanswered[c->nr_unanswered++] = answers;
  return true;
}

bool
survey_channel_ask_digests (struct survey_channel *c, uint64_t first,
                            unsigned count)
{
  return ask (c, "digests", first, count, count);
}

bool
survey_channel_ask_bytes (struct survey_channel *c, uint64_t offset,
                          size_t length)
{
  return ask (c, "read", offset, length, 1);
}

static void
note_answer (struct survey_channel *c)
{
  if (--c->unanswered[0] > 0)
    return;
  c->nr_unanswered--;
  memmove (c->unanswered, c->unanswered + 1,
           c->nr_unanswered * sizeof *c->unanswered);
}

static int
take_reason (struct survey_channel *c, char reason[SURVEY_REASON_MAX])
{
  for (size_t len = 0; len < SURVEY_REASON_MAX; len++) {
    if (receive_all (c, reason + len, 1) == -1)
      return -1;
    if (reason[len] == '\n') {
      reason[len] = '\0';
      terminal_text_clean (reason);
      return 0;
    }
  }
  report_error (ERROR_BOARD_ANSWER, "the board gives a reason without end");
  return -1;
}

enum survey_answer
survey_channel_take (struct survey_channel *c, void *buf, size_t len,
                     char reason[SURVEY_REASON_MAX])
{
  unsigned char verdict;

  if (receive_all (c, &verdict, 1) == -1)
    return SURVEY_LOST;
  if (c->nr_unanswered == 0) {
    report_error (ERROR_BOARD_ANSWER, "the board answers what was not asked");
    return SURVEY_LOST;
  }
  note_answer (c);
  switch (verdict) {
  case 0:
    return receive_all (c, buf, len) == 0 ? SURVEY_CONTENT : SURVEY_LOST;
  case 1:
    return take_reason (c, reason) == 0 ? SURVEY_REASON : SURVEY_LOST;
  }
  report_error (ERROR_BOARD_ANSWER,
                "the board gives no valid answer; helper and client must come "
                "from the same build");
  return SURVEY_LOST;
}
