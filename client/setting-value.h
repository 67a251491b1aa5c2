/* SPDX-License-Identifier: MIT */
/* What a key of the settings file does to the options. */

#ifndef FLASH_SETTING_VALUE_H
#define FLASH_SETTING_VALUE_H

#include <stdbool.h>

#include "setting-keys.h"

struct options;                 /* options.h */

#define SETTING_TEXT_MAX 4096

/* Put VALUE into OPTIONS, which point into it then; NULL: what holds without any.
 * WHAT is whose value it is, for messages.  0, or -1 after a report. */
int setting_take (struct options *options, enum setting_key key, const char *value,
                  const char *what);
/* Whether setting_take would. */
int setting_check (enum setting_key key, const char *value, const char *what);

/* What OPTIONS say of KEY, as a value of the file: a constant, their own, or in TEXT.
 * SETTING_DEFAULT: nothing, and the program decides. */
const char *setting_text (const struct options *options, enum setting_key key,
                          char text[SETTING_TEXT_MAX]);

#endif
