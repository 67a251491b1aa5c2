/* SPDX-License-Identifier: MIT */
/* The files that travel to the board: scripts and one program an architecture. */

#ifndef FLASH_HELPER_FILES_H
#define FLASH_HELPER_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Programs for the board: such a name, and the architecture behind it. */
#define HELPER_PROGRAM_PREFIX "flash-helper-"
#define HELPER_BUSYBOX_PREFIX "busybox-"

struct helper_file
{
  char *data;                   /* NUL terminated behind SIZE bytes */
  size_t size;
};

/* Read the file NAME of the helper directory.  0, or -1 after a report. */
int helper_file_read (const char *name, struct helper_file *file);
void helper_file_release (struct helper_file *file);

/* The same for the program PREFIX for the architecture ARCH. */
int helper_file_read_arch (const char *prefix, const char *arch,
                           struct helper_file *file);
bool helper_file_exists (const char *prefix, const char *arch);

/* The same for any file of the person's.  */
int helper_file_read_path (const char *path, struct helper_file *file);

/* Where they all are. */
const char *helper_files_directory (void);

/* " aarch64 x86_64": the architectures that there is a program PREFIX for, as many
 * as LIST of SIZE bytes takes. */
void helper_files_list (const char *prefix, char *list, size_t size);

#endif
