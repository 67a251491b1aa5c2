/* SPDX-License-Identifier: MIT */
/* make-patch FILE DISK_SIZE OFFSET LENGTH...: a patch of ranges full of 'P', for the
 * shell tests; its digest on standard output. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file-io.h"
#include "image-patch.h"

static int
write_file (struct image_patch *patch, const char *path)
{
  char hex[DIGEST_HEX_SIZE];
  size_t size;
  unsigned char *file = image_patch_make_file (patch, &size);
  const int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int r = file && fd >= 0 ? full_write (fd, file, size) : -1;

  free (file);
  if (r == -1 || close (fd) == -1)
    return -1;
  digest_to_hex (patch->digest, hex);
  return puts (hex) == EOF ? -1 : 0;
}

int
main (int argc, char **argv)
{
  struct image_patch patch = { .nr_ranges = 0 };
  int r = argc < 3 ? -1 : 0;

  if (r == 0)
    patch.disk_size = strtoull (argv[2], NULL, 10);
  for (int i = 3; r == 0 && i + 1 < argc; i += 2) {
    const size_t len = strtoul (argv[i + 1], NULL, 10);
    char *bytes = malloc (len + 1);

    if (!bytes)
      return 1;
    memset (bytes, 'P', len);
    r = image_patch_add (&patch, strtoull (argv[i], NULL, 10), bytes, len);
    free (bytes);
  }
  if (r == 0)
    r = write_file (&patch, argv[1]);
  image_patch_release (&patch);
  return r == 0 ? 0 : 1;
}
