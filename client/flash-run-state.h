/* SPDX-License-Identifier: MIT */
/* What the parts of a flash's run share: its loop and tunnel (flash-run.c), its
 * orders (flash-order.c), its lost connections (flash-loss.c).  Nobody else
 * needs it.  One thread. */

#ifndef FLASH_FLASH_RUN_STATE_H
#define FLASH_FLASH_RUN_STATE_H

#include "exit-status.h"
#include "flash-job.h"
#include "flash-status.h"
#include "ssh-exec.h"
#include "tunnel.h"

struct flash_run
{
  struct flash_job *job;
  struct flash_status status;
  char *attach_command;
  struct tunnel *tunnel;        /* NULL: to be opened */
  long tunnel_since;            /* seconds */
  unsigned vain_tunnels;
  bool awaits_server;           /* which is another process's: no tunnel yet */
  struct ssh_exec *request;     /* `go` or `abort`, under way */
  bool go_sent, go_taken;
  bool go_unsure;               /* a connection broke before the answer to `go` */
  bool rehearsed;               /* all is proven, and that was all */
  bool abort_sent;
  long abort_since;
  bool abort_wanted;            /* by the person; it outlives the connection */
  bool in_haste;                /* they do not wait for the clean-up, either */
  unsigned interrupts;          /* that were answered */
  unsigned failures;            /* of channels that brought no greeting */
  unsigned restarts;            /* of nbdkit without progress */
  uint64_t done_at_restart;
  bool is_lonely;               /* nbdkit is given up */
  long rebooting_since;         /* 0: not yet */
  bool session_gone;            /* the board answers, without the session */
  bool is_over;
  enum exit_status outcome;
};

/* From then on a lost connection says nothing about the disk. */
bool flash_run_may_be_writing (const struct flash_run *r);
bool flash_run_is_ramfs (const struct flash_run *r);

/* End the loop; the first OUTCOME counts. */
void flash_run_finish (struct flash_run *r, enum exit_status outcome);
/* What went through it is counted; NULL is allowed. */
void flash_run_close_tunnel (struct flash_run *r);
/* Nobody said how the session ended, and this program gives up. */
void flash_run_leave (struct flash_run *r);

/* -- Orders ---------------------------------------------------------------- */

void flash_order_abort (struct flash_run *r);
/* Send `go` if everything is proven, and if it is wanted. */
void flash_order_consider_go (struct flash_run *r);
/* End when the board has stopped after a `go` of ours. */
void flash_order_check_stopped (struct flash_run *r);
/* Go on with the order that is under way. */
void flash_order_step (struct flash_run *r);

/* -- Losses ---------------------------------------------------------------- */

/* The connection broke: come back, or end.  REASON is copied. */
void flash_loss_of_connection (struct flash_run *r, const char *reason);
/* The connection stands, and the helper does not do as it should: before the
 * write that ends the flash, if it does not pass. */
void flash_loss_of_channel (struct flash_run *r, const char *reason);

#endif
