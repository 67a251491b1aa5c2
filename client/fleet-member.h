/* SPDX-License-Identifier: MIT */
/* One board of several: the process that flashes it.  Its parent (fleet-board.h)
 * serves the image, shows what is said and decides when to go on.
 *
 * Both talk in lines.  Member to parent: the records of message-sink.h, and
 *   FLR1 await-go                   the plan was told; nothing goes on without `go'
 *   FLR1 ask question=... echo=yes|no   the parent's person answers, or nobody
 * Parent to member: `go', `stop' (there will be no `go'), `unserved' (the image is
 * not served any more), `answer ENCODED' or `no-answer'. */

#ifndef FLASH_FLEET_MEMBER_H
#define FLASH_FLEET_MEMBER_H

#include <stdbool.h>

#include "exit-status.h"
#include "flash-job.h"

struct fleet_member;

/* What the parent hands on. */
struct fleet_member_wish
{
  const struct options *options;        /* of this board alone */
  const struct image_facts *image;
  const char *socket;                   /* of the image server */
  int records, control;                 /* to the parent, from it */
  bool can_ask;                         /* somebody sits at the terminal */
};

/* The whole life of the process behind its fork.  Returns its exit status. */
enum exit_status fleet_member_run (const struct fleet_member_wish *wish);

/* -- For flash_command ------------------------------------------------------ */

/* JOB gets the image and the server of MEMBER.  0, or -1 after a report. */
int fleet_member_equip (struct fleet_member *member, struct flash_job *job);

/* Wait for the word of the parent, and keep the connection of JOB meanwhile: it is
 * NULL afterwards if it was lost.  0: go; -1: no. */
int fleet_member_await_go (struct fleet_member *member, struct flash_job *job);

#endif
