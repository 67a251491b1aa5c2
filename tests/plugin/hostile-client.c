/* SPDX-License-Identifier: MIT */
/* A client for the tests with hostile images:
 *
 *   hostile-client read URI FILE SIZE ROUNDS
 *     Read pieces of SIZE bytes in rising order, over and over, and compare with
 *     FILE.  Errors are counted and the offset of each is printed; bytes that
 *     differ end it with status 1.
 *   hostile-client leave URI COUNT
 *     COUNT connections at once ask for more than they wait for, and go without a
 *     word. */

#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libnbd.h>

#include "cleanup.h"
#include "file-io.h"

#define LEAVERS_MAX 64
#define REQUESTS 16
#define REQUEST_SIZE (1024 * 1024)

static struct nbd_handle *
connect_to (const char *uri)
{
  struct nbd_handle *nbd = nbd_create ();

  if (!nbd || nbd_connect_uri (nbd, uri) == -1) {
    fprintf (stderr, "%s\n", nbd_get_error ());
    exit (2);
  }
  return nbd;
}

/* Returns whether the piece was read; ends the process when it is wrong. */
static bool
read_piece (struct nbd_handle *nbd, int fd, char *buf, char *truth, size_t len,
            uint64_t offset)
{
  if (nbd_pread (nbd, buf, len, offset, 0) == -1) {
    printf ("error %" PRIu64 "\n", offset);
    return false;
  }
  if (full_pread (fd, truth, len, offset) != (ssize_t) len
      || memcmp (buf, truth, len) != 0) {
    fprintf (stderr, "%zu bytes at %" PRIu64 " are wrong\n", len, offset);
    exit (1);
  }
  return true;
}

static int
read_pieces (const char *uri, const char *path, size_t size, int rounds)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  CLEANUP_FREE char *buf = malloc (size), *truth = malloc (size);
  struct nbd_handle *nbd = connect_to (uri);
  const int64_t end = nbd_get_size (nbd);
  uint64_t good = 0, bad = 0;

  if (fd == -1 || !buf || !truth || end < 0)
    return 2;
  for (int round = 0; round < rounds; round++)
    for (uint64_t offset = 0; offset < (uint64_t) end; offset += size) {
      uint64_t left = (uint64_t) end - offset;

      if (read_piece (nbd, fd, buf, truth, left < size ? (size_t) left : size,
                      offset))
        good++;
      else
        bad++;
    }
  printf ("good %" PRIu64 "\nbad %" PRIu64 "\n", good, bad);
  nbd_close (nbd);
  return 0;
}

static void *
ask_and_leave (void *opaque)
{
  const char *uri = opaque;
  static char nowhere[REQUEST_SIZE];    /* what arrives is of no interest */
  struct nbd_handle *nbd = connect_to (uri);
  const int64_t size = nbd_get_size (nbd);

  for (uint64_t i = 0; i < REQUESTS; i++)
    if (size > REQUEST_SIZE)
      nbd_aio_pread (nbd, nowhere, sizeof nowhere,
                     i * 7919 * 4096 % (uint64_t) (size - REQUEST_SIZE),
                     NBD_NULL_COMPLETION, 0);
  nbd_poll (nbd, 10);
  nbd_close (nbd);              /* sends no NBD_CMD_DISC */
  return NULL;
}

static int
leave (const char *uri, int count)
{
  pthread_t threads[LEAVERS_MAX];

  if (count < 1 || count > LEAVERS_MAX)
    return 2;
  for (int i = 0; i < count; i++)
    if (pthread_create (&threads[i], NULL, ask_and_leave,
                        (void *) (uintptr_t) uri) != 0)
      return 2;
  for (int i = 0; i < count; i++)
    pthread_join (threads[i], NULL);
  return 0;
}

int
main (int argc, char *argv[])
{
  if (argc == 6 && strcmp (argv[1], "read") == 0)
    return read_pieces (argv[2], argv[3], (size_t) atol (argv[4]), atoi (argv[5]));
  if (argc == 4 && strcmp (argv[1], "leave") == 0)
    return leave (argv[2], atoi (argv[3]));
  fprintf (stderr, "usage: see the head of hostile-client.c\n");
  return 2;
}
