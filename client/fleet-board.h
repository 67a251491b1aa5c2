/* SPDX-License-Identifier: MIT */
/* One board of several, as the parent sees it: a child process (fleet-member.h)
 * and what it has said. */

#ifndef FLASH_FLEET_BOARD_H
#define FLASH_FLEET_BOARD_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "board-state.h"
#include "error-catalogue.h"
#include "error-tag.h"
#include "exit-status.h"
#include "image-facts.h"
#include "line-reader.h"
#include "options.h"
#include "status-record.h"

enum fleet_stage
{
  FLEET_QUEUED,                 /* not looked at yet */
  FLEET_PROBING,
  FLEET_PLANNED,                /* its plan is known; it waits for `go' */
  FLEET_FLASHING,
  FLEET_LEAVING,                /* there will be no `go': its process ends */
  FLEET_ENDED                   /* and its process is gone */
};

struct fleet_progress
{
  char label[64];               /* "": none under way */
  uint64_t done, total, rate;   /* total 0: not known */
  uint64_t holes;
  const char *slowest;          /* a constant; "": not known */
  /* Where lines are not redrawn: what the last one has said. */
  unsigned shown_percent;
  double shown;                 /* seconds */
};

struct fleet_board
{
  struct options options;       /* of this board alone */
  const char *name;             /* as given, without the user */
  enum fleet_stage stage;

  pid_t pid;                    /* 0: none */
  int records, words, control;  /* pipes from it, its stderr, to it; -1: closed */
  struct line_reader record_lines, word_lines;

  char *plan_line;              /* what PLAN points into; NULL: no plan yet */
  struct status_record plan;
  char *earlier;                /* the flash that it gives up; NULL: none */

  char doing[128];              /* the step that it is at, as a sentence */
  struct fleet_progress progress;
  enum written written;
  bool resumable;
  uint64_t copied;              /* bytes that the disk has, of the last copy */
  /* "back after 42 s", and how the command of --run has ended; "": it is not back, or
   * nobody waits. */
  char back[96];
  char question[512];           /* "": it asks nothing */
  bool question_echo;
  char error[512];              /* the first line of the last one; "": none */
  char error_code[ERROR_CODE_MAX];

  enum exit_status status;      /* of one that has ended */
  long begun, ended;            /* seconds, of its work */
};

/* What is said to people and records, by whoever holds the boards. */
struct fleet_shared
{
  struct fleet_board *boards;
  size_t nr;
  const struct image_facts *image;
  const char *socket;           /* for the boards' connections */
  bool can_ask;
};

/* Board NR of OPTIONS.  0, or -1 after a report. */
int fleet_board_init (struct fleet_board *b, const struct options *options,
                      size_t nr);
void fleet_board_release (struct fleet_board *b);

/* Start its process, which begins to probe.  One that cannot be started has ended. */
void fleet_board_start (struct fleet_board *b, const struct fleet_shared *shared);

#define FLEET_BOARD_FDS 2
/* What to poll for. */
void fleet_board_poll (const struct fleet_board *b,
                       struct pollfd fds[FLEET_BOARD_FDS]);
/* Take what has come, as poll says.  Everything is said or recorded; true: the
 * board has ended now. */
bool fleet_board_take (struct fleet_board *b,
                       const struct pollfd fds[FLEET_BOARD_FDS]);

/* A line to its process; one that is gone does not mind. */
void fleet_board_tell (struct fleet_board *b, const char *line);
/* It ends before anything was begun; REASON is said, an error of CODE, unless it is
 * NULL. */
void fleet_board_refuse (struct fleet_board *b, enum error_code code,
                         const char *reason);
/* Pass an interrupt on. */
void fleet_board_signal (struct fleet_board *b, int signal);

/* "" when it is not known. */
const char *fleet_board_plan (const struct fleet_board *b, const char *key);

/* Whether it takes one of the places of --jobs. */
bool fleet_board_is_at_work (const struct fleet_board *b);

#endif
