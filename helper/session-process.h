/* SPDX-License-Identifier: MIT */
/* The session process: one flash on one target.  It runs flash.sh, keeps what was
 * said, lends the attached channel, and owns the decision whether the session
 * ends without a trace or stays.  It starts a flash.sh that was killed again:
 * to go on once the write has begun, else to undo.  One thread; no function
 * here blocks.
 *
 *   session.c           the start, until it stands in the RAM root
 *   session-guardian.c  its parent, who starts another one when it dies
 *   session-restore.c   what that one has to know
 *   session-process.c   the loop, and the end
 *   session-script.c    flash.sh as a child process
 *   session-record.c    what flash.sh and its children say
 *   session-answer.c    what connections ask
 *   session-lifeboat.c  what they ask of the lifeboat
 *   lifeboat.c          the second sshd
 */

#ifndef FLASH_HELPER_SESSION_PROCESS_H
#define FLASH_HELPER_SESSION_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "channel.h"
#include "connection.h"
#include "history.h"
#include "lifeboat.h"
#include "session-file.h"
#include "status-record.h"

#define SESSION_CONNECTIONS 16

enum session_state
{
  SESSION_PREPARING, SESSION_READY, SESSION_WRITING, SESSION_STOPPED,
  SESSION_VERIFIED, SESSION_FAILED, SESSION_DONE,
};

/* Lines that arrive in pieces. */
struct line_reader
{
  int fd;                       /* nonblocking read end of a pipe */
  size_t len;
  bool skipping;                /* the rest of a line that is too long */
  char buf[STATUS_RECORD_MAX];
};

struct session
{
  const struct session_file *file;
  int death;                    /* wait status of the one before; 0: none */
  int old_ns;
  int listener;
  int signals;                  /* signalfd: SIGCHLD, SIGTERM */
  struct line_reader records;   /* FLASH_STATUS_FD of flash.sh */
  struct line_reader talk;      /* its stdout and stderr */
  /* Their write ends for flash.sh.  They stay open here, so that the read ends
   * never see an end of file. */
  int records_end, talk_end;

  enum session_state state;
  bool started_writing;         /* from here on the disk is not the old one */
  bool go;                      /* said by the client, and not used up */
  bool aborting;
  bool abandoned;               /* nobody wants it any more */
  bool undoing;                 /* flash.sh was killed, another one undoes */
  bool ended;                   /* the record `end` was said */
  bool rebooting;               /* that was its result */
  bool succeeded;               /* its result was `done` or `rebooting` */
  uint64_t done, total;         /* bytes, of the last progress of the phase */
  char phase[32];

  pid_t script;                 /* 0: not running */
  int64_t kill_at;              /* when patience with it ends; 0: never */
  int64_t interrupt_at;         /* when it is told again that it is aborted */
  uint64_t copied;              /* the most bytes that the disk had */
  unsigned restarts;            /* of it, with none more in between */
  int64_t reset_at;             /* when the board is reset; 0: never */

  struct history *history;
  char progress[STATUS_RECORD_MAX + 1]; /* the last one; "" none */
  size_t progress_len;
  bool progress_due;            /* not sent yet: the channel was behind */

  struct channel *channel;      /* NULL: no client is attached */
  bool channel_used;            /* it has carried its NBD connection */
  const struct connection *holder;      /* who has the tunnel; NULL: nobody */
  bool expects_channel;         /* we closed the last one: another will come */
  struct connection *connections[SESSION_CONNECTIONS];  /* NULL: free */

  struct lifeboat *lifeboat;    /* NULL: this session has none */
  bool lifeboat_proven;         /* a client has come in through it */

  int64_t last_activity;        /* milliseconds, as the next two */
  int64_t channel_since;        /* attached, or gone, since */
  int64_t linger_until;         /* after the end: until the client hangs up */
};

/* Runs until the session is over; then the process is back in the old namespace
 * and the RAM root is gone.  SESSION is ready: listener, pipes, signals, file,
 * history, old_ns; restored, if another one died before.  Returns the exit
 * status: 0 when the session is over. */
int session_process_run (struct session *session);

/* Between the files. */

int64_t session_now (void);
/* Hold nothing open of whoever started us: 0, or -1 after report_error(). */
int session_silence_stdio (void);
const char *session_state_name (enum session_state state);
/* Nothing was written and nothing will be without a client. */
bool session_is_revocable (const struct session *session);
/* End a session that has written nothing.  REASON: why, or NULL when the client
 * asked for it. */
void session_abort (struct session *session, const char *reason);
/* End a session that has begun to write, where it stands: a root disk's board
 * is reset a moment later, else flash.sh is killed and all is cleaned up. */
void session_abandon (struct session *session);
/* Close the channel because we do not need it any more. */
void session_dismiss_channel (struct session *session);
/* The channel broke or its client went away. */
void session_lose_channel (struct session *session);

/* session-record.c */
void session_say (struct session *session, const char *type, ...)
  __attribute__ ((__sentinel__));
void session_read_records (struct session *session);
void session_read_talk (struct session *session);
/* Understand again what a session process that died has left in its history. */
void session_replay (struct session *session);
/* hello, the history, the last progress: to a channel just attached. */
void session_greet (struct session *session);
void session_send_progress (struct session *session);

/* session-restore.c */
/* Become what a session process that died was: its state, its lifeboat. */
void session_restore (struct session *session);

/* session-answer.c */
void session_accept (struct session *session);
void session_hear (struct session *session, struct connection **slot);
void session_close_connection (struct session *session,
                               struct connection **slot);
/* Serve everybody who waits for a tunnel, for go, or to be heard. */
void session_serve_waiting (struct session *session);

/* session-lifeboat.c */
/* If the session is to have one.  -1: reported. */
int session_make_lifeboat (struct session *session);
/* Answer the request VERB, which begins with "lifeboat-", for the session ID. */
void session_answer_lifeboat (struct session *session,
                              struct connection *connection, const char *verb,
                              const char *id);
/* Where there is a lifeboat: why this `go` or its channel is refused, because it
 * did not come through it.  NULL: it is not. */
const char *session_refuse_outside (const struct session *session,
                                    const struct connection *connection);
/* no, closed, open, held */
const char *session_lifeboat_state (const struct session *session);

#endif
