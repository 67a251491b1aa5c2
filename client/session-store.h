/* SPDX-License-Identifier: MIT */
/* The flashes that this user began and that may not be over: a folder each
 * under $XDG_STATE_HOME/flash-live-remote/sessions (else ~/.local/state), named
 * by the session, mode 0700, with the session's key pair (`key', mode 0600, and
 * `key.pub') and what is known of it (`session': key=value lines, values
 * percent-encoded as in docs/protocol.md, section 3).  What was not used for 30
 * days is removed. */

#ifndef FLASH_SESSION_STORE_H
#define FLASH_SESSION_STORE_H

#include <stddef.h>

#include "flash-job.h"

#define STORED_SESSIONS_MAX 8

struct stored_session
{
  char id[SESSION_ID_SIZE];     /* "" for a key from --session-key */
  char *key_path;               /* the private key */
  char *public_key;             /* its line, newline included; NULL if unread */
  char *host, *user;            /* as they were given; maybe "" */
  char *host_key;               /* fingerprint of the board's; maybe "" */
  unsigned port;                /* of the board's sshd */
  unsigned lifeboat_port;       /* 0: the same */
  char *image, *stored_digest;
  long long begun;              /* seconds since 1970 */
};

/* Make the key pair (Ed25519) and the folder for JOB, whose session name, image
 * and board are known; HOST_KEY is the fingerprint of the key that the board
 * showed.  0, or -1 after a report, with nothing left behind. */
int session_store_create (const struct flash_job *job, const char *host_key,
                          struct stored_session *session);

/* Those that may be about HOST: first those begun with this very name, then the
 * others, newest first; at most MAX.  What cannot be read is left out with a
 * warning.  The caller must release each. */
size_t session_store_find (const char *host, struct stored_session list[],
                           size_t max);

/* The key of ID has opened a lifeboat: it is still needed.  Best effort. */
void session_store_used (const char *id);

/* The flash of ID is over: forget its key.  Best effort. */
void session_store_remove (const char *id);

void stored_session_release (struct stored_session *session);

#endif
