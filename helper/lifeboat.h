/* SPDX-License-Identifier: MIT */
/* The lifeboat: a second sshd in the RAM root, started for each connection by the
 * session process (docs/protocol.md, "The lifeboat").  Everything here runs in the
 * session process's one thread and does not block.
 *
 * Memory on a Debian board (measured): with OpenSSH 12.5 MB of the tmpfs, and
 * 1.6 MB for each connection; with dropbear 2.1 MB, and 0.3 MB.  Nothing runs but
 * while somebody is connected, and a guard of a few pages while the port is the
 * board's. */

#ifndef FLASH_HELPER_LIFEBOAT_H
#define FLASH_HELPER_LIFEBOAT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define LIFEBOAT_POLLS 8        /* listening sockets at most */

struct lifeboat;

enum lifeboat_state { LIFEBOAT_CLOSED, LIFEBOAT_OPEN, LIFEBOAT_HELD };

/* For the sshd that deploy.sh has put into the RAM root (etc/ssh/lifeboat says
 * which).  PORT: 0 takes the sockets of the board's own sshd.  Called in the RAM
 * root.  NULL after a report. */
struct lifeboat *lifeboat_new (unsigned port);
/* Gives the port back and ends its connections; NULL is allowed. */
void lifeboat_free (struct lifeboat *l);

/* Take the port: for a minute (`lifeboat-open`), or until lifeboat_give_back
 * (`lifeboat-hold`).  0, or -1 with a sentence why not in TEXT (SIZE bytes). */
int lifeboat_take (struct lifeboat *l, bool hold, char *text, size_t size);
void lifeboat_give_back (struct lifeboat *l);
enum lifeboat_state lifeboat_get_state (const struct lifeboat *l);

/* Whether PID (of a peer on the session's socket, SO_PEERCRED) runs inside the
 * lifeboat: it shares this process's mount namespace. */
bool lifeboat_has (pid_t pid);

/* The sockets to poll, how many; then, each round, with what poll said:
 * accept, time out, and forget connections that ended. */
size_t lifeboat_fill_polls (const struct lifeboat *l,
                            struct pollfd polls[LIFEBOAT_POLLS]);
void lifeboat_step (struct lifeboat *l, const struct pollfd polls[],
                    size_t nr);
/* PID, a child of the session process, has ended. */
void lifeboat_reaped (struct lifeboat *l, pid_t pid);

#endif
