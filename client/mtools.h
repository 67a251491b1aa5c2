/* SPDX-License-Identifier: MIT */
/* The mtools (mtools(1)), which change a FAT file system without mounting it: one
 * command at a time, as a child that sees the file system as an open file. */

#ifndef FLASH_MTOOLS_H
#define FLASH_MTOOLS_H

#include <stddef.h>
#include <stdint.h>

/* Where a command's arguments name the file system, after `-i'. */
#define MTOOLS_IMAGE "/proc/self/fd/3"

struct mtools_job
{
  const char *const *arguments; /* the command first; NULL ends them */
  int image;                    /* the file system; it may have no name any more */
  const void *input;            /* its standard input */
  size_t input_size;
  uint64_t file_max;            /* bytes that any file may get by it */
};

/* Run it and wait for its end.  OUTPUT gets what it said, for the caller to free, with a
 * NUL behind it that OUTPUT_SIZE (unless NULL) does not count; OUTPUT may be NULL.  0, or
 * -1 after a report that says WHAT was to be done: mtools is not there, or it failed. */
int mtools_run (const struct mtools_job *job, const char *what, char **output,
                size_t *output_size);

#endif
