/* SPDX-License-Identifier: MIT */
/* digest-of FILE: its XXH3-128, for the shell tests. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "digest.h"
#include "file-io.h"

int
main (int argc, char **argv)
{
  unsigned char digest[DIGEST_SIZE], buf[4096];
  char hex[DIGEST_HEX_SIZE];
  struct digest_state *state = digest_new ();
  int fd = argc == 2 ? open (argv[1], O_RDONLY) : -1;
  ssize_t r = -1;

  while (fd >= 0 && state && (r = full_read (fd, buf, sizeof buf)) > 0)
    digest_add (state, buf, (size_t) r);
  if (r == 0) {
    digest_get (state, digest);
    digest_to_hex (digest, hex);
  }
  digest_free (state);
  return r == 0 && puts (hex) != EOF ? 0 : 1;
}
