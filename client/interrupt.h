/* SPDX-License-Identifier: MIT */
/* ^C, TERM and HUP.
 *
 * Until the first byte goes to the board an interrupt ends the program on the
 * spot (status 3, nothing was written).  From interrupt_defer on it is only
 * counted: the session on the board must be told first. */

#ifndef FLASH_INTERRUPT_H
#define FLASH_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

/* Catch the signals, ignore SIGPIPE: 0, or -1 with errno. */
int interrupt_init (void);

/* For a child that goes on with this program: what came to the parent, and what that
 * must remove, is forgotten.  0, or -1 with errno.  The parent blocks the signals
 * around its fork, so that none gets lost; the child restores BEFORE after this. */
int interrupt_renew (void);
void interrupt_block (sigset_t *before);

/* What an interrupt on the spot must remove for OWNER: two files and their folder,
 * all copied (each "": nothing any more).  0, or -1 with ENAMETOOLONG. */
enum interrupt_owner
{
  INTERRUPT_IMAGE_SERVER, INTERRUPT_SSH,
  INTERRUPT_LIFEBOAT,           /* an ssh, too, beside the other one */
  NR_INTERRUPT_OWNERS
};
int interrupt_set_files (enum interrupt_owner owner, const char *file,
                         const char *other, const char *folder);
/* A terminal whose echo is off now and its settings from before; FD -1: none. */
void interrupt_set_terminal (int fd, const struct termios *before);

void interrupt_defer (void);
/* How often an interrupt came since interrupt_defer; TERM and HUP, after which
 * nobody answers questions, count as two. */
unsigned interrupt_count (void);
/* Readable when an interrupt came since the last interrupt_count; for poll. */
int interrupt_fd (void);

#endif
