/* SPDX-License-Identifier: MIT */
/* Folders and files of the user's that nobody else can have made or changed. */

#ifndef FLASH_STATE_FOLDER_H
#define FLASH_STATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/* $XDG_STATE_HOME when it is an absolute path, else ~/.local/state.  The caller
 * must free it; NULL after a report. */
char *state_folder_home (void);

/* Make PATH and what is missing above it, mode 0700; links on the way are the
 * user's own affair.  A descriptor, or -1 with errno. */
int state_folder_open_path (const char *path, bool make);

/* Open the folder NAME in PARENT, made with mode 0700 if MAKE and it is
 * missing.  It must be no link, this user's, and no one else's to write to, else
 * errno is EPERM.  -1 with errno. */
int state_folder_open (int parent, const char *name, bool make);

/* Write the new file NAME (mode 0600 from its first moment) and flush it.
 * 0, or -1 with errno. */
int state_folder_write (int folder, const char *name, const char *text);

/* The text of NAME, at most SIZE - 1 bytes, NUL terminated, into TEXT.
 * 0, or -1 with errno: EPERM for what another user made or may write to (or
 * read, with SECRET), EFBIG, EINVAL for a NUL byte in it. */
int state_folder_read (int folder, const char *name, bool secret, char *text,
                       size_t size);

#endif
