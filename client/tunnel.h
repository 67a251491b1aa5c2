/* SPDX-License-Identifier: MIT */
/* One attach channel: NBD between the board and the image server's socket, and
 * the board's status lines. */

#ifndef FLASH_TUNNEL_H
#define FLASH_TUNNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "bottleneck.h"
#include "ssh-exec.h"

struct tunnel;

/* Called for each line of the channel's stderr, without its newline, at most
 * STATUS_RECORD_MAX - 1 bytes (longer ones are cut), and for each line that the
 * login shell prints before the marker (FROM_SHELL). */
typedef void (*tunnel_line_fn) (void *opaque, char *line, bool from_shell);

/* COMMAND: the attach command.  FIRST: what it reads before it is at work; it must
 * outlive the tunnel.  NBD_SOCKET: the image server's, copied; NULL: the channel is
 * for status lines only.  NULL after a report. */
struct tunnel *tunnel_open (struct board_connection *c, const char *command,
                            const struct exec_input *first,
                            const char *nbd_socket,
                            tunnel_line_fn on_line, void *opaque);
void tunnel_close (struct tunnel *t);           /* NULL is allowed */

enum tunnel_state
{
  TUNNEL_OPENING,               /* no marker yet */
  TUNNEL_OPEN,
  TUNNEL_ENDED,                 /* by the board; tunnel_exit_status says how */
  TUNNEL_BROKEN                 /* reported: refused, no marker, no image server */
};
/* Move what can be moved, without blocking. */
enum tunnel_state tunnel_step (struct tunnel *t);

/* Whether the board has sent anything through it: then it is used up. */
bool tunnel_is_used (const struct tunnel *t);
int tunnel_exit_status (const struct tunnel *t);

/* Whom it waits for until the next step; BOTTLENECK_UNKNOWN before it is open. */
enum bottleneck tunnel_waits_for (const struct tunnel *t);
/* Bytes that went through it to the board. */
uint64_t tunnel_bytes_sent (const struct tunnel *t);

/* What to poll for besides the connection; .fd -1: nothing. */
struct pollfd tunnel_poll (const struct tunnel *t);

#endif
