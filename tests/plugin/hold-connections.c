/* SPDX-License-Identifier: MIT */
/* hold-connections URI COUNT: open so many connections, read a byte on each, say
 * "ready", wait for a line on stdin, read the last byte on each, all at once open. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include <libnbd.h>

#define CONNECTIONS_MAX 256

static struct nbd_handle *handles[CONNECTIONS_MAX];

static int
read_all (int count, int last)
{
  char byte;

  for (int i = 0; i < count; i++) {
    uint64_t offset = last ? (uint64_t) nbd_get_size (handles[i]) - 1 : 0;

    if (nbd_pread (handles[i], &byte, 1, offset, 0) == -1) {
      fprintf (stderr, "%s\n", nbd_get_error ());
      return -1;
    }
  }
  return 0;
}

int
main (int argc, char *argv[])
{
  int count = argc == 3 ? atoi (argv[2]) : 0;

  if (count < 1 || count > CONNECTIONS_MAX)
    return 2;
  for (int i = 0; i < count; i++) {
    handles[i] = nbd_create ();
    if (!handles[i] || nbd_connect_uri (handles[i], argv[1]) == -1) {
      fprintf (stderr, "%s\n", nbd_get_error ());
      return 1;
    }
  }
  if (read_all (count, 0) == -1)
    return 1;
  puts ("ready");
  fflush (stdout);
  getchar ();
  int r = read_all (count, 1);
  for (int i = 0; i < count; i++)
    nbd_close (handles[i]);
  return r == 0 ? 0 : 1;
}
