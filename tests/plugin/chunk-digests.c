/* SPDX-License-Identifier: MIT */
/* chunk-digests <FILE: the XXH3-128 of each MiB, 16 bytes each, on stdout. */

#include <config.h>

#include <stdio.h>
#include <unistd.h>

#include "digest.h"
#include "file-io.h"

int
main (void)
{
  static char chunk[DIGEST_CHUNK];
  unsigned char digest[DIGEST_SIZE];
  ssize_t n;

  while ((n = full_read (STDIN_FILENO, chunk, sizeof chunk)) > 0) {
    digest_of (chunk, (size_t) n, digest);
    if (fwrite (digest, sizeof digest, 1, stdout) != 1)
      return 1;
  }
  return n == 0 && fflush (stdout) == 0 ? 0 : 1;
}
