/* SPDX-License-Identifier: MIT */
/* The files that travel to the board: scripts and one program an architecture. */

#ifndef FLASH_HELPER_FILES_H
#define FLASH_HELPER_FILES_H

#include <stddef.h>

struct helper_file
{
  char *data;                   /* NUL terminated behind SIZE bytes */
  size_t size;
};

/* Read the file NAME of the helper directory.  0, or -1 after a report. */
int helper_file_read (const char *name, struct helper_file *file);
void helper_file_release (struct helper_file *file);

/* Read flash-helper for the board's MACHINE (its `uname -m`).  A report names
 * the architectures that there are. */
int helper_file_read_program (const char *machine, struct helper_file *file);

#endif
