/* SPDX-License-Identifier: MIT */
/* many-readers URI FILE CLIENT...: several clients read the same export from its start
 * to its end at once, and compare each byte with FILE.
 *
 * A CLIENT is CONNECTIONS:START:RATIO.  Its connections take chunk after chunk from
 * one counter, so that they arrive in disorder.  It begins when the first client has
 * read START chunks, and then reads one chunk for RATIO of the first client's: so the
 * distances between clients do not depend on how fast the machine is.  When the first
 * client has ended, the others go on as fast as they can.  Should a server let the
 * first one wait for a slower one, then none of them ends. */

#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libnbd.h>

#define CHUNK UINT64_C (1048576)
#define CLIENTS_MAX 8
#define CONNECTIONS_MAX 8

static const char *uri;
static const char *file;        /* mapped */
static uint64_t size;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t progress = PTHREAD_COND_INITIALIZER;
static uint64_t leader_read;    /* chunks of the first client; guarded by LOCK */
static bool failed;             /* guarded by LOCK */

struct client
{
  unsigned connections, start, ratio;
  uint64_t next;                /* chunk; guarded by LOCK */
};

static struct client clients[CLIENTS_MAX];
static unsigned nr_clients;

/* The next chunk of C, when it is time for it. */
static uint64_t
take_chunk (struct client *c)
{
  const uint64_t end = (size + CHUNK - 1) / CHUNK;

  pthread_mutex_lock (&lock);
  const uint64_t chunk = c->next++;
  uint64_t when = c->start + chunk * c->ratio;
  if (when > end)
    when = end;
  while (c != clients && leader_read < when && !failed)
    pthread_cond_wait (&progress, &lock);
  pthread_mutex_unlock (&lock);
  return chunk;
}

static void
note_read (const struct client *c, bool good)
{
  pthread_mutex_lock (&lock);
  if (c == clients)
    leader_read++;
  failed = failed || !good;
  pthread_cond_broadcast (&progress);
  pthread_mutex_unlock (&lock);
}

static bool
read_chunk (struct nbd_handle *nbd, char *buf, uint64_t chunk)
{
  const uint64_t offset = chunk * CHUNK;
  const uint64_t len = size - offset < CHUNK ? size - offset : CHUNK;

  if (nbd_pread (nbd, buf, len, offset, 0) == -1) {
    fprintf (stderr, "%s\n", nbd_get_error ());
    return false;
  }
  if (memcmp (buf, file + offset, len) == 0)
    return true;
  fprintf (stderr, "chunk %" PRIu64 " differs\n", chunk);
  return false;
}

static void *
run_connection (void *opaque)
{
  struct client *c = opaque;
  struct nbd_handle *nbd = nbd_create ();
  char *buf = malloc (CHUNK);
  bool good = nbd && buf && nbd_connect_uri (nbd, uri) == 0;
  uint64_t chunk;

  if (!good) {
    fprintf (stderr, "no connection: %s\n", nbd_get_error ());
    note_read (c, false);
  }
  while (good && (chunk = take_chunk (c)) * CHUNK < size) {
    good = read_chunk (nbd, buf, chunk);
    note_read (c, good);
  }
  if (good)
    nbd_shutdown (nbd, 0);
  nbd_close (nbd);
  free (buf);
  return NULL;
}

static bool
map_file (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat st;

  if (fd == -1 || fstat (fd, &st) == -1)
    return false;
  size = (uint64_t) st.st_size;
  file = mmap (NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  close (fd);
  return file != MAP_FAILED;
}

static bool
parse_clients (int nr, char *words[])
{
  for (int i = 0; i < nr; i++) {
    struct client *c = &clients[i];
    char rest;

    if (i == CLIENTS_MAX
        || sscanf (words[i], "%u:%u:%u%c", &c->connections, &c->start, &c->ratio,
                   &rest) != 3
        || c->connections == 0 || c->connections > CONNECTIONS_MAX)
      return false;
  }
  nr_clients = (unsigned) nr;
  return true;
}

int
main (int argc, char *argv[])
{
  pthread_t threads[CLIENTS_MAX * CONNECTIONS_MAX];
  unsigned nr = 0;

  if (argc < 4 || !map_file (argv[2]) || !parse_clients (argc - 3, argv + 3)) {
    fprintf (stderr, "usage: many-readers URI FILE CONNECTIONS:START:RATIO...\n");
    return 1;
  }
  uri = argv[1];
  for (unsigned i = 0; i < nr_clients; i++)
    for (unsigned k = 0; k < clients[i].connections; k++)
      if (pthread_create (&threads[nr++], NULL, run_connection, &clients[i]) != 0)
        return 1;
  for (unsigned i = 0; i < nr; i++)
    pthread_join (threads[i], NULL);
  return failed;
}
