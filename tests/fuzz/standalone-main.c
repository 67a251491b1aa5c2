/* SPDX-License-Identifier: MIT */
/* Runs a harness once over each file that is named, without libFuzzer: for any
 * compiler, for valgrind, for AFL (with @@), and to reproduce what a fuzzer found. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "fuzz-support.h"

#define INPUT_MAX (64 * 1024 * 1024)

static int
run_file (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  CLEANUP_FREE uint8_t *data = NULL;
  struct stat st;
  ssize_t n = -1;

  if (fd >= 0 && fstat (fd, &st) == 0) {
    /* Exactly as large as the file, so that a sanitizer sees a read beyond. */
    data = st.st_size <= INPUT_MAX ? malloc ((size_t) st.st_size) : NULL;
    n = data || st.st_size == 0 ? full_read (fd, data, (size_t) st.st_size) : -1;
  }
  if (n == -1) {
    fprintf (stderr, "%s: %s\n", path, strerror (errno));
    return -1;
  }
  LLVMFuzzerTestOneInput (data, (size_t) n);
  return 0;
}

int
main (int argc, char *argv[])
{
  for (int i = 1; i < argc; i++)
    if (run_file (argv[i]) == -1)
      return 1;
  printf ("%d inputs\n", argc - 1);
  return argc > 1 ? 0 : 2;
}
