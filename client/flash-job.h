/* SPDX-License-Identifier: MIT */
/* One flash, as the phases hand it on: what was asked, what was found. */

#ifndef FLASH_FLASH_JOB_H
#define FLASH_FLASH_JOB_H

#include <stdbool.h>

#include "image-facts.h"
#include "image-server.h"
#include "options.h"
#include "ssh-connection.h"
#include "target-probe.h"

#define SESSION_ID_SIZE 17      /* 16 hex digits and their NUL */

struct flash_job
{
  const struct options *options;
  struct image_server *server;
  struct image_facts image;
  const struct ssh_config *config;
  struct ssh_connection *connection;
  struct target_probe board;
  char session[SESSION_ID_SIZE];
  bool resume;                  /* SESSION is already at work on the board */
  bool in_lifeboat;             /* the connection leads into the RAM root */
};

/* "sudo -n ", or "" for root and in the lifeboat. */
const char *flash_job_as_root (const struct flash_job *job);

/* "AS_ROOT .../flash-helper VERB -r /run/flash-live-remote [SESSION]"; the caller
 * must free it.  NULL after a report. */
char *flash_job_helper_command (const struct flash_job *job, const char *verb,
                                bool with_session);

/* Whether the target is the disk that the board runs from. */
bool flash_job_is_root_disk (const struct flash_job *job);

/* Run `flash-helper VERB SESSION` and wait for its answer: 0; -1 after a report,
 * with the board's words. */
int flash_job_tell_session (struct flash_job *job, const char *verb);

/* Wait until nothing is left of the session on the board.  Best effort. */
void flash_job_await_clean_up (struct flash_job *job);

#endif
