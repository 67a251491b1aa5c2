/* SPDX-License-Identifier: MIT */
/* The board's side of the NBD handshake, with a server that says this, whatever it
 * is asked. */

#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz-support.h"
#include "nbd-handshake.h"

#define WORDS_MAX 16384         /* what a socket takes at once */

/* The first byte chooses whether the greeting and the first reply's magic number
 * are right, which most inputs would never get past. */
static size_t
make_words (unsigned char words[WORDS_MAX], const uint8_t *data, size_t size)
{
  static const unsigned char greeting[] = "NBDMAGICIHAVEOPT\0\3";
  const size_t n = sizeof greeting - 1;

  if (size == 0)
    return 0;
  if (size > WORDS_MAX - n)
    size = WORDS_MAX - n;
  if (data[0] & 1) {
    memcpy (words, data + 1, size - 1);
    return size - 1;
  }
  memcpy (words, greeting, n);
  memcpy (words + n, data + 1, size - 1);
  return n + size - 1;
}

static void
check_failure (const struct nbd_connection *c, int error)
{
  FUZZ_CHECK (error == EPIPE || error == EPROTO || error == EIO);
  FUZZ_CHECK (*c->failure && memchr (c->failure, '\0', sizeof c->failure));
  for (const char *p = c->failure; *p; p++)
    FUZZ_CHECK ((unsigned char) *p >= 0x20 && *p != 0x7f);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static unsigned char words[WORDS_MAX];
  const size_t len = make_words (words, data, size);
  struct nbd_connection c = { .in = -1 };
  struct nbd_export export;
  int sockets[2];

  FUZZ_CHECK (socketpair (AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
  FUZZ_CHECK (len == 0 || write (sockets[1], words, len) == (ssize_t) len);
  FUZZ_CHECK (shutdown (sockets[1], SHUT_WR) == 0);
  c.in = c.out = sockets[0];
  if (nbd_handshake (&c, "disk", &export) == -1)
    check_failure (&c, errno);
  else {
    FUZZ_CHECK (export.size <= INT64_MAX && export.max_request > 0);
    FUZZ_CHECK (export.structured || !export.allocation);
  }
  close (sockets[0]);
  close (sockets[1]);
  return 0;
}
