/* SPDX-License-Identifier: MIT */
/* The settings of this program, ~/.config/flash-live-remote/config: defaults, and
 * sections for boards, as flash-live-remote-settings(5) tells.  (The file of --config,
 * first-boot-file.h, is another one: it tells a new system what to be.)
 *
 * A file is taken as a whole or not at all: each line is proven, whatever board it is
 * about. */

#ifndef FLASH_SETTINGS_FILE_H
#define FLASH_SETTINGS_FILE_H

#include <stddef.h>

#include "setting-keys.h"

#define SETTINGS_FILE_MAX 65536
#define SETTING_DEFAULT "default"       /* the value that takes a setting back */
#define SETTINGS_NONE "none"            /* of --settings */

struct setting
{
  enum setting_key key;
  size_t section;
  unsigned line;                /* from 1 */
  const char *value;            /* paths are absolute */
  char *owned;                  /* what VALUE is, or NULL: a part of the text */
};

struct settings_section
{
  const char *patterns;         /* of boards; NULL: the defaults */
};

struct settings
{
  char *name;                   /* of the file, for messages; NULL: there is none */
  char *text;                   /* what the values point into */
  struct settings_section *sections;    /* the first one has the defaults */
  size_t nr_sections;
  struct setting *entries;      /* in the order of the file */
  size_t nr_entries;
};

/* Read PATH, or where that is NULL the user's file, if there is one.  It must be a
 * regular file of this user's or root's that nobody else can write to.  0, or -1 after
 * a report; release SETTINGS either way. */
int settings_read (struct settings *settings, const char *path);

/* The same of TEXT, SIZE bytes; HOME is what "~" is in a path. */
int settings_parse (struct settings *settings, const char *name, const char *home,
                    const char *text, size_t size);
void settings_release (struct settings *settings);

/* What KEY is for HOST (as it is named on the command line, without the user): the
 * first section that matches and has it, then the defaults; of the defaults alone where
 * HOST is NULL.  NULL: not set. */
const struct setting *settings_find (const struct settings *settings, const char *host,
                                     enum setting_key key);

#endif
