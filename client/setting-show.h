/* SPDX-License-Identifier: MIT */
/* What is said about the settings: --print-config, and with a flash what the file has
 * to do with it. */

#ifndef FLASH_SETTING_SHOW_H
#define FLASH_SETTING_SHOW_H

#include <stdio.h>

#include "options.h"

/* Everything that holds for O's board, with where it is from, to F: as a settings file,
 * in which what holds without any is a comment. */
void setting_show_file (const struct options *o, FILE *f);

/* The same as records `setting'. */
void setting_record_all (const struct options *o);
/* Of these, what the file has set. */
void setting_record_set (const struct options *o);

/* "mode = stream (line 3), keep = hostname (line 4)": what the file has set for O, and
 * not for BASE (NULL: there is none) in the same way.  The caller must free it; NULL:
 * nothing, or no memory. */
char *setting_list_set (const struct options *o, const struct options *base);

/* A flash has failed before the write: say which of its options the file has set, for
 * these are not before the person's eyes. */
void setting_remind (const struct options *o);

#endif
