/* SPDX-License-Identifier: MIT */
/* What libssh-channel.c needs of libssh-connection.c, and the other way round. */

#ifndef FLASH_LIBSSH_CONNECTION_H
#define FLASH_LIBSSH_CONNECTION_H

#include <libssh/libssh.h>

#include "board-transport.h"

ssh_session libssh_connection_session (const struct board_connection *c);

/* Whether everything written so far has left this program, so that writing more
 * does not pile up in memory. */
bool libssh_connection_is_drained (const struct board_connection *c);

/* The host key that the host of CONFIG shows, without a login; the caller must free it.
 * NULL after a report.  It works for every transport: the way there is the same. */
ssh_key libssh_connection_scan (const struct ssh_config *config);

/* The operations of a command, as board-transport.h has them. */
struct remote_command *libssh_channel_start (struct board_connection *c,
                                             const char *command);
void libssh_channel_free (struct remote_command *rc);
enum remote_command_state libssh_channel_step (struct remote_command *rc);
size_t libssh_channel_read (struct remote_command *rc, enum remote_stream stream,
                            void *buf, size_t size);
bool libssh_channel_eof (struct remote_command *rc, enum remote_stream stream);
size_t libssh_channel_writable (struct remote_command *rc);
ssize_t libssh_channel_write (struct remote_command *rc, const void *buf,
                              size_t size);
void libssh_channel_send_eof (struct remote_command *rc);

#endif
