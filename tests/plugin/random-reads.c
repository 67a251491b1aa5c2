/* SPDX-License-Identifier: MIT */
/* random-reads URI FILE CONNECTIONS READS: read at random, odd offsets and lengths
 * over several connections at once and compare with FILE. */

#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libnbd.h>

#include "file-io.h"

#define READ_MAX 300000
#define CONNECTIONS_MAX 32

static const char *uri;
static int fd;
static uint64_t size;
static int nr_reads;

static int
read_one (struct nbd_handle *nbd, unsigned *seed, char *buf, char *truth)
{
  uint64_t r = (uint64_t) rand_r (seed) << 20 ^ (uint64_t) rand_r (seed);
  uint64_t offset = r % size;
  size_t len = 1 + (size_t) rand_r (seed) % READ_MAX;

  if (len > size - offset)
    len = (size_t) (size - offset);
  if (nbd_pread (nbd, buf, len, offset, 0) == -1) {
    fprintf (stderr, "%s\n", nbd_get_error ());
    return -1;
  }
  if (full_pread (fd, truth, len, offset) != (ssize_t) len
      || memcmp (buf, truth, len) != 0) {
    fprintf (stderr, "%zu bytes at %" PRIu64 " differ\n", len, offset);
    return -1;
  }
  return 0;
}

static void *
run_connection (void *opaque)
{
  unsigned seed = (unsigned) (uintptr_t) opaque;
  struct nbd_handle *nbd = nbd_create ();
  char *buf = malloc (READ_MAX), *truth = malloc (READ_MAX);
  int r = nbd && buf && truth ? nbd_connect_uri (nbd, uri) : -1;

  for (int i = 0; i < nr_reads && r == 0; i++)
    r = read_one (nbd, &seed, buf, truth);
  nbd_close (nbd);
  free (truth);
  free (buf);
  return r == 0 ? NULL : opaque;
}

int
main (int argc, char *argv[])
{
  pthread_t threads[CONNECTIONS_MAX];
  struct stat st;
  int failed = 0;

  if (argc != 5)
    return 2;
  uri = argv[1];
  fd = open (argv[2], O_RDONLY);
  int connections = atoi (argv[3]);
  nr_reads = atoi (argv[4]);
  if (fd == -1 || fstat (fd, &st) == -1 || connections < 1
      || connections > CONNECTIONS_MAX)
    return 2;
  size = (uint64_t) st.st_size;
  for (int i = 0; i < connections; i++)
    if (pthread_create (&threads[i], NULL, run_connection,
                        (void *) (uintptr_t) (i + 1)) != 0)
      return 2;
  for (int i = 0; i < connections; i++) {
    void *result;

    pthread_join (threads[i], &result);
    failed |= result != NULL;
  }
  close (fd);
  return failed;
}
