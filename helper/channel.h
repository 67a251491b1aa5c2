/* SPDX-License-Identifier: MIT */
/* The attached SSH channel: its stdin and stdout carry NBD once, its stderr
 * takes status records as long as it lasts.  Sending never blocks. */

#ifndef FLASH_HELPER_CHANNEL_H
#define FLASH_HELPER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel;

/* FDS: the channel's stdin, stdout and stderr; CONTROL: the connection of
 * `attach`, whose close ends the channel.  All are taken over, on failure too
 * (NULL with errno). */
struct channel *channel_new (const int fds[3], int control);

/* Closes everything; `attach` ends with status 0.  NULL is allowed. */
void channel_close (struct channel *channel);

int channel_in (const struct channel *channel);
int channel_out (const struct channel *channel);
int channel_status (const struct channel *channel);     /* for poll */
int channel_control (const struct channel *channel);    /* for poll */

/* Queue a record and send what goes without blocking.  -1: the channel is broken
 * (errno EPIPE and the like) or its reader is too far behind (ENOBUFS). */
int channel_send (struct channel *channel, const char *line, size_t len);
int channel_flush (struct channel *channel);
bool channel_is_behind (const struct channel *channel); /* something queued */

/* Since when (the clock of NOW, milliseconds) nothing went out although
 * something was queued; call it now and then.  0: all is well. */
int64_t channel_stuck_for (struct channel *channel, int64_t now);

/* The client is gone: nobody reads the records any more, or `attach` ended. */
bool channel_is_hung_up (const struct channel *channel);

#endif
