/* SPDX-License-Identifier: MIT */
/* crowd PORT URI COUNT ROUNDS SEED: COUNT clients at once of a server on loopback, each
 * of which does ROUNDS things that a client should not: stall, talk garbage, go without
 * a word, before TLS (PORT) and as a user (URI).  What each does follows from SEED.
 * Says "ready" when all of them have begun, and at the end how often each was done;
 * fails when one of these things was never done. */

#include <config.h>

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <libnbd.h>

#define COUNT_MAX 400
#define ROUNDS_MAX 100
#define STALL_MS_MAX 3000
#define GARBAGE_MAX (256 * 1024)
#define OPTION_MAGIC UINT64_C (0x49484156454F5054)
#define OPT_LIST 3
#define OPT_STARTTLS 5
#define ANNOUNCED_MAX (64 * 1024 * 1024)
#define REQUESTS 16
#define REQUEST_SIZE (1024 * 1024)

struct guest
{
  pthread_t thread;
  uint64_t state;
};

static int port, rounds;
static const char *uri;
static pthread_barrier_t all_there;

/* xorshift64*: the same for the same seed, whatever the libc. */
static uint32_t
draw (struct guest *g, uint32_t below)
{
  g->state ^= g->state >> 12;
  g->state ^= g->state << 25;
  g->state ^= g->state >> 27;
  return (uint32_t) ((g->state * UINT64_C (2685821657736338717)) >> 33) % below;
}

static void
stall (struct guest *g)
{
  const uint32_t ms = draw (g, STALL_MS_MAX);
  const struct timespec t = { ms / 1000, (ms % 1000) * 1000000L };

  nanosleep (&t, NULL);
}

/* -1 when the server has no room for it: then that was the thing to see. */
static int
connect_raw (void)
{
  const struct sockaddr_in address = { .sin_family = AF_INET,
                                       .sin_port = htons ((uint16_t) port),
                                       .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  const struct timeval limit = { .tv_sec = 5 };
  int s = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (s == -1)
    return -1;
  setsockopt (s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt (s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect (s, (const struct sockaddr *) &address, sizeof address) == 0)
    return s;
  close (s);
  return -1;
}

/* By RST, or in the ordinary way. */
static void
leave (struct guest *g, int s)
{
  const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

  if (draw (g, 2) == 0)
    setsockopt (s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close (s);
}

static void
read_greeting (int s)
{
  char greeting[18];

  if (recv (s, greeting, sizeof greeting, MSG_WAITALL) == -1)
    return;
}

static void
send_bytes (int s, const void *buf, size_t len)
{
  if (send (s, buf, len, MSG_NOSIGNAL) == -1)
    return;
}

static void
send_garbage (struct guest *g, int s)
{
  size_t len = draw (g, GARBAGE_MAX) + 1;
  unsigned char *buf = malloc (len);

  if (!buf)
    return;
  for (size_t i = 0; i < len; i++)
    buf[i] = (unsigned char) draw (g, 256);
  send_bytes (s, buf, len);
  free (buf);
}

static void
send_option (int s, uint32_t option, uint32_t len)
{
  const struct {
    uint64_t magic;
    uint32_t option, len;
  } head = { htobe64 (OPTION_MAGIC), htobe32 (option), htobe32 (len) };

  send_bytes (s, &head, sizeof head);
}

static void
send_flags (int s)
{
  const uint32_t flags = htobe32 (3);

  read_greeting (s);
  send_bytes (s, &flags, sizeof flags);
}

/* --- what a stranger does -------------------------------------------------------- */

static void
go_at_once (struct guest *g, int s)
{
  (void) g;
  (void) s;
}

static void
say_nothing (struct guest *g, int s)
{
  read_greeting (s);
  stall (g);
}

static void
talk_garbage (struct guest *g, int s)
{
  send_garbage (g, s);
  stall (g);
}

static void
announce_much (struct guest *g, int s)
{
  send_flags (s);
  send_option (s, OPT_LIST, draw (g, ANNOUNCED_MAX) + 1);
  send_garbage (g, s);
  stall (g);
}

static void
ask_on_and_on (struct guest *g, int s)
{
  send_flags (s);
  for (int i = 0; i < 100; i++)
    send_option (s, draw (g, 20), 0);
  stall (g);
}

static void
stall_in_tls (struct guest *g, int s)
{
  send_flags (s);
  send_option (s, OPT_STARTTLS, 0);
  stall (g);
}

static void
break_tls (struct guest *g, int s)
{
  send_flags (s);
  send_option (s, OPT_STARTTLS, 0);
  send_garbage (g, s);
  stall (g);
}

/* --- what a user does ------------------------------------------------------------ */

static void
connect_and_go (struct guest *g, struct nbd_handle *nbd)
{
  (void) g;
  (void) nbd;
}

static void
connect_and_stall (struct guest *g, struct nbd_handle *nbd)
{
  (void) nbd;
  stall (g);
}

/* Requests whose answers nobody takes, or only the first of them. */
static void
ask_and_go (struct guest *g, struct nbd_handle *nbd)
{
  const int64_t size = nbd_get_size (nbd);
  char *buf = malloc ((size_t) REQUESTS * REQUEST_SIZE);

  if (buf && size > REQUEST_SIZE) {
    for (int i = 0; i < REQUESTS; i++)
      nbd_aio_pread (nbd, buf + (size_t) i * REQUEST_SIZE, REQUEST_SIZE,
                     draw (g, (uint32_t) (size - REQUEST_SIZE)),
                     NBD_NULL_COMPLETION, 0);
    if (draw (g, 2) == 0)
      nbd_poll (nbd, 100);
    stall (g);
  }
  nbd_close (nbd);              /* before what the answers go to */
  free (buf);
}

static const struct
{
  const char *name;
  void (*stranger) (struct guest *g, int s);
  void (*user) (struct guest *g, struct nbd_handle *nbd);
  bool closes;
} things[] = {
  { "go at once", go_at_once, NULL, false },
  { "say nothing", say_nothing, NULL, false },
  { "talk garbage", talk_garbage, NULL, false },
  { "announce much", announce_much, NULL, false },
  { "ask on and on", ask_on_and_on, NULL, false },
  { "stall in TLS", stall_in_tls, NULL, false },
  { "break TLS", break_tls, NULL, false },
  { "connect and go", NULL, connect_and_go, false },
  { "connect and stall", NULL, connect_and_stall, false },
  { "ask and go", NULL, ask_and_go, true },
};
#define THINGS (sizeof things / sizeof *things)

static atomic_uint done[THINGS], failed[THINGS];

static bool
be_stranger (struct guest *g, size_t i)
{
  int s = connect_raw ();

  if (s == -1)
    return false;
  things[i].stranger (g, s);
  leave (g, s);
  return true;
}

static bool
be_user (struct guest *g, size_t i)
{
  struct nbd_handle *nbd = nbd_create ();

  /* The URI names files. */
  if (!nbd || nbd_set_uri_allow_local_file (nbd, true) == -1
      || nbd_connect_uri (nbd, uri) == -1) {
    nbd_close (nbd);
    return false;
  }
  things[i].user (g, nbd);
  if (!things[i].closes)
    nbd_close (nbd);
  return true;
}

static void *
run_guest (void *opaque)
{
  struct guest *g = opaque;

  pthread_barrier_wait (&all_there);
  for (int round = 0; round < rounds; round++) {
    const size_t i = draw (g, THINGS);
    const bool ok = things[i].stranger ? be_stranger (g, i) : be_user (g, i);

    atomic_fetch_add (ok ? &done[i] : &failed[i], 1);
  }
  return NULL;
}

int
main (int argc, char *argv[])
{
  static struct guest guests[COUNT_MAX];
  const int count = argc == 6 ? atoi (argv[3]) : 0;

  if (count < 1 || count > COUNT_MAX)
    return 2;
  port = atoi (argv[1]);
  uri = argv[2];
  rounds = atoi (argv[4]);
  if (rounds < 1 || rounds > ROUNDS_MAX
      || pthread_barrier_init (&all_there, NULL, (unsigned) count + 1) != 0)
    return 2;
  for (int i = 0; i < count; i++) {
    guests[i].state = (strtoull (argv[5], NULL, 10) + 1) * 1000003 + (unsigned) i;
    if (pthread_create (&guests[i].thread, NULL, run_guest, &guests[i]) != 0)
      return 2;
  }
  pthread_barrier_wait (&all_there);
  puts ("ready");
  fflush (stdout);
  for (int i = 0; i < count; i++)
    pthread_join (guests[i].thread, NULL);
  int status = 0;
  for (size_t i = 0; i < THINGS; i++) {
    printf ("%-18s %5u, not connected %u\n", things[i].name, done[i], failed[i]);
    if (done[i] == 0)
      status = 1;
  }
  return status;
}
