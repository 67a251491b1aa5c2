/* SPDX-License-Identifier: MIT */
/* A server that says what it has been told to, whatever the client asks: its
 * words lie in a socket before the client begins.  Then end of file. */

#ifndef TEST_NBD_SCRIPT_H
#define TEST_NBD_SCRIPT_H

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nbd-connection.h"
#include "nbd-wire.h"

#define SCRIPT_SIZE 100000
#define CONTEXT "base:allocation"

struct script
{
  unsigned char words[SCRIPT_SIZE];
  size_t len;
};

static inline void
put (struct script *s, uint64_t value, size_t bytes)
{
  assert_true (s->len + bytes <= SCRIPT_SIZE);
  nbd_put (s->words + s->len, value, bytes);
  s->len += bytes;
}

static inline void
put_bytes (struct script *s, const void *bytes, size_t len)
{
  assert_true (s->len + len <= SCRIPT_SIZE);
  memcpy (s->words + s->len, bytes, len);
  s->len += len;
}

static inline void
put_greeting (struct script *s)
{
  s->len = 0;
  put (s, NBD_MAGIC, 8);
  put (s, NBD_OPTION_MAGIC, 8);
  put (s, NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES, 2);
}

static inline void
put_option_reply (struct script *s, uint32_t option, uint32_t type,
                  uint32_t length)
{
  put (s, NBD_OPTION_REPLY_MAGIC, 8);
  put (s, option, 4);
  put (s, type, 4);
  put (s, length, 4);
}

static inline void
put_context (struct script *s, uint32_t id)
{
  put_option_reply (s, NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT,
                    4 + (uint32_t) strlen (CONTEXT));
  put (s, id, 4);
  put_bytes (s, CONTEXT, strlen (CONTEXT));
}

static inline void
put_export_info (struct script *s, uint64_t size)
{
  put_option_reply (s, NBD_OPT_GO, NBD_REP_INFO, 12);
  put (s, NBD_INFO_EXPORT, 2);
  put (s, size, 8);
  put (s, 1, 2);
}

/* A whole handshake; the context's id is 77. */
static inline void
put_handshake (struct script *s, uint64_t size, int structured)
{
  put_greeting (s);
  if (structured) {
    put_option_reply (s, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK, 0);
    put_context (s, 77);
    put_option_reply (s, NBD_OPT_SET_META_CONTEXT, NBD_REP_ACK, 0);
  }
  else
    put_option_reply (s, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP, 0);
  put_export_info (s, size);
  put_option_reply (s, NBD_OPT_GO, NBD_REP_ACK, 0);
}

/* The first LEN bytes of the script at the end of C. */
static inline void
connect_script (struct nbd_connection *c, const struct script *s, size_t len,
                int *server)
{
  int sockets[2];
  int room = SCRIPT_SIZE * 4;

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  setsockopt (sockets[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  assert_int_equal (write (sockets[1], s->words, len), (ssize_t) len);
  assert_int_equal (shutdown (sockets[1], SHUT_WR), 0);
  memset (c, 0, sizeof *c);
  c->in = c->out = sockets[0];
  *server = sockets[1];
}

static inline void
disconnect_script (struct nbd_connection *c, int server)
{
  close (c->in);
  close (server);
}

#endif
