/* SPDX-License-Identifier: MIT */
/* Notices that nbdkit wants to end while callbacks are waiting for a decoder:
 * nbdkit tells nobody, it waits until they have returned.
 *
 * Thread safe. */

#ifndef FLASHIMAGE_SHUTDOWN_WATCH_H
#define FLASHIMAGE_SHUTDOWN_WATCH_H

struct shutdown_watch;

/* CANCEL (OPAQUE) is called once, from a thread of the watch's own.  NULL,
 * reported. */
struct shutdown_watch *shutdown_watch_start (void (*cancel) (void *opaque),
                                             void *opaque);
void shutdown_watch_stop (struct shutdown_watch *watch); /* NULL is allowed */

/* Around a callback that may wait. */
void shutdown_watch_enter (struct shutdown_watch *watch);
void shutdown_watch_leave (struct shutdown_watch *watch);

#endif
