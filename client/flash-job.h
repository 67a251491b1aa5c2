/* SPDX-License-Identifier: MIT */
/* One flash, as the phases hand it on: what was asked, what was found. */

#ifndef FLASH_FLASH_JOB_H
#define FLASH_FLASH_JOB_H

#include <stdbool.h>

#include "board-identity.h"
#include "board-patch.h"
#include "board-state.h"
#include "image-facts.h"
#include "image-server.h"
#include "options.h"
#include "board-connection.h"
#include "target-probe.h"

#define SESSION_ID_SIZE 17      /* 16 hex digits and their NUL */

struct stored_session;          /* session-store.h */
struct fleet_member;            /* fleet-member.h */
struct board_password;          /* board-privilege.h */

/* The answer to `flash-helper status`. */
struct session_report
{
  char *text;                   /* what RECORD points into */
  struct status_record record;  /* its values are printable */
};

struct flash_job
{
  const struct options *options;
  struct fleet_member *member;  /* NULL: this is the only board */
  struct image_location location;       /* of the image */
  struct image_server *server;
  struct image_facts image;
  const struct ssh_config *config;
  struct board_connection *connection;
  struct target_probe board;
  struct board_identity identity;       /* learnt where --wait needs it */
  struct board_patch patch;     /* what the disk gets besides the image */
  char session[SESSION_ID_SIZE];
  struct session_report report; /* of a session that was found there */
  bool resume;                  /* SESSION is already at work on the board */
  bool go_taken;                /* and it had its `go`, as far as is known */
  bool at_work;                 /* this program began SESSION, or goes on with it */
  bool reboots;                 /* the session does, once its disk is verified */
  enum verification verification;       /* the session's */
  struct stored_session *stored;        /* its key, owned; NULL: no lifeboat */

  enum written written;         /* how the flash has left the disk */
  bool resumable;               /* the same command goes on where that is */

  char *image_path;             /* of an image in place, resolved; owned */
  bool in_lifeboat;             /* the connection leads into the RAM root */
  char *host_key;               /* fingerprint, of the first login; owned */
  char *expected_host_key;      /* the new system's fingerprint, owned; or NULL */
  bool is_key_replaced;         /* in known_hosts, by that one */
  bool ask_nothing;             /* at an ordinary login: no passwords */
  struct board_password *password;      /* for sudo, owned; NULL: none */
  /* The last login that failed, or did not lead into the lifeboat, saw another
   * host key than the board had. */
  bool host_key_changed;
};

/* Start the image server and prove the image: 0, or -1 after a report. */
int flash_job_prepare_image (struct flash_job *job);

/* Whether TEXT can be the name of a session. */
bool flash_job_is_session_id (const char *text);

/* "AS_ROOT .../flash-helper VERB -r /run/flash-live-remote [SESSION]", whose stdin
 * begins with board_privilege_input; the caller must free it.  NULL after a report. */
char *flash_job_helper_command (const struct flash_job *job, const char *verb,
                                bool with_session);

/* Whether the target is the disk that the board runs from. */
bool flash_job_is_root_disk (const struct flash_job *job);

/* Whether the image stays where it is, a file on another disk of this board (--local
 * with --stream): the board treats it as a staged one. */
bool flash_job_is_in_place (const struct flash_job *job);

/* The session's mode, as the session file has it. */
const char *flash_job_mode (const struct flash_job *job);

/* The patterns of the services to stop, may be "": another disk than the root disk
 * is written beside what runs. */
const char *flash_job_stop_services (const struct flash_job *job);

/* Whether a flash as the options want it has a lifeboat. */
bool flash_job_wants_lifeboat (const struct flash_job *job);

/* 1: there is a session; 0: there is none; -1 after a report: the connection broke
 * or the answer makes no sense.  REPORT must be released either way. */
int flash_job_ask_status (struct flash_job *job, struct session_report *report);
void session_report_release (struct session_report *report);

/* Run `flash-helper VERB SESSION` and wait for its answer: 0; -1 after a report,
 * with the board's words. */
int flash_job_tell_session (struct flash_job *job, const char *verb);

/* Wait until nothing is left of the session on the board, by an ordinary login if
 * this one leads into what is being removed.  Best effort. */
void flash_job_await_clean_up (struct flash_job *job);

/* Back to before the first login, but for the host key that it has seen and the
 * password that was given. */
void flash_job_forget_board (struct flash_job *job);

/* Close and free everything but the config and the options. */
void flash_job_release (struct flash_job *job);

#endif
