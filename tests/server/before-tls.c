/* SPDX-License-Identifier: MIT */
/* before-tls PORT NAME: what a server on loopback that requires TLS tells a client
 * that does not speak it.  Each of NBD_OPT_LIST, NBD_OPT_INFO and NBD_OPT_GO must be
 * answered by NBD_REP_ERR_TLS_REQD without a text, NBD_OPT_EXPORT_NAME by the end of
 * the connection.  All that the server sent is written to stdout. */

#include <config.h>

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define OPTION_MAGIC UINT64_C (0x49484156454F5054)
#define REPLY_MAGIC UINT64_C (0x0003e889045565a9)
#define OPT_EXPORT_NAME 1
#define OPT_LIST 3
#define OPT_INFO 6
#define OPT_GO 7
#define REP_ERR_TLS_REQD (UINT32_C (1) << 31 | 5)

#define SECONDS 30

struct option
{
  uint64_t magic;
  uint32_t option;
  uint32_t length;
} __attribute__ ((packed));

struct reply
{
  uint64_t magic;
  uint32_t option;
  uint32_t type;
  uint32_t length;
} __attribute__ ((packed));

static void
die (const char *what)
{
  fprintf (stderr, "before-tls: %s\n", what);
  exit (1);
}

static int
connect_to (int port)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons ((uint16_t) port),
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  const struct timeval limit = { .tv_sec = SECONDS };
  int s = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (s == -1
      || setsockopt (s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == -1
      || connect (s, (const struct sockaddr *) &address, sizeof address) == -1)
    die (strerror (errno));
  return s;
}

/* Shows what it received; returns how much came before the end. */
static size_t
receive (int s, void *buf, size_t len)
{
  size_t got = 0;

  while (got < len) {
    ssize_t r = recv (s, (char *) buf + got, len - got, 0);

    if (r == -1 && errno != ECONNRESET)
      die (strerror (errno));
    if (r <= 0)
      break;
    got += (size_t) r;
  }
  fwrite (buf, 1, got, stdout);
  return got;
}

static void
transmit (int s, const void *buf, size_t len)
{
  if (send (s, buf, len, MSG_NOSIGNAL) != (ssize_t) len)
    die (strerror (errno));
}

static void
send_option (int s, uint32_t option, const void *data, size_t len)
{
  const struct option head = { htobe64 (OPTION_MAGIC), htobe32 (option),
                               htobe32 ((uint32_t) len) };

  transmit (s, &head, sizeof head);
  if (len > 0)
    transmit (s, data, len);
}

static void
expect_tls_required (int s, uint32_t option)
{
  struct reply reply;

  if (receive (s, &reply, sizeof reply) != sizeof reply)
    die ("the server closed the connection");
  if (be64toh (reply.magic) != REPLY_MAGIC || be32toh (reply.option) != option)
    die ("this is no reply to the option");
  if (be32toh (reply.type) != REP_ERR_TLS_REQD) {
    fprintf (stderr, "option %u: reply 0x%x\n", option, be32toh (reply.type));
    exit (1);
  }
  if (reply.length != 0)
    die ("the reply has a text");
}

int
main (int argc, char *argv[])
{
  const uint32_t flags = htobe32 (1);   /* fixed newstyle */
  char greeting[18], rest[1024], info[4 + 256 + 2] = { 0 };
  uint32_t name_len;

  if (argc != 3 || strlen (argv[2]) > 256)
    return 2;
  int s = connect_to (atoi (argv[1]));
  const size_t len = strlen (argv[2]);
  name_len = htobe32 ((uint32_t) len);
  memcpy (info, &name_len, sizeof name_len);
  memcpy (info + sizeof name_len, argv[2], len);

  if (receive (s, greeting, sizeof greeting) != sizeof greeting)
    die ("no greeting");
  transmit (s, &flags, sizeof flags);
  send_option (s, OPT_LIST, NULL, 0);
  expect_tls_required (s, OPT_LIST);
  send_option (s, OPT_INFO, info, 4 + len + 2);
  expect_tls_required (s, OPT_INFO);
  send_option (s, OPT_GO, info, 4 + len + 2);
  expect_tls_required (s, OPT_GO);
  send_option (s, OPT_EXPORT_NAME, argv[2], len);
  if (receive (s, rest, sizeof rest) != 0)
    die ("an answer to NBD_OPT_EXPORT_NAME");
  close (s);
  return 0;
}
