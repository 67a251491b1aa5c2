/* SPDX-License-Identifier: MIT */
/* Logging in at a board that may have come back with a new system: another host key,
 * other users, another address. */

#ifndef FLASH_RETURN_LOGIN_H
#define FLASH_RETURN_LOGIN_H

#include <stdbool.h>

#include "flash-job.h"

enum return_attempt
{
  RETURN_UNREACHABLE, RETURN_AGAIN,
  RETURN_BACK,
  RETURN_ENDED                  /* reported: no other attempt changes it */
};

/* All zero at first, but for JOB. */
struct return_login
{
  struct flash_job *job;
  const char *users[3];         /* to log in as, in this order */
  size_t nr_users;
  char *known_name;             /* of the board in known_hosts, owned */
  unsigned refusals;            /* rounds in which nobody was let in */
  bool asks;                    /* passwords are asked for, in this round */
  char reason[256];             /* of what failed last, as a part of a sentence */

  struct board_connection *connection;  /* owned */
  const char *user;             /* who is logged in there */
};

/* Find out who is to log in.  0, or -1 after a report; to be released either way. */
int return_login_init (struct return_login *l);
void return_login_release (struct return_login *l);

/* One attempt at ADDRESS ("": where the board was), without questions but for the host
 * key, and once for a password.  RETURN_BACK: L->connection is open. */
enum return_attempt return_login_try (struct return_login *l, const char *address);

#endif
