/* SPDX-License-Identifier: MIT */
/* What may be drawn on stderr.  One answer for the whole program, found out at the
 * first question. */

#ifndef FLASH_TERMINAL_STYLE_H
#define FLASH_TERMINAL_STYLE_H

#include <stdbool.h>

struct terminal_style
{
  bool redraws;                 /* a terminal that can go back to a line */
  bool utf8;                    /* the locale's characters are UTF-8 */
  bool color;                   /* never where NO_COLOR is set */
};

const struct terminal_style *terminal_style (void);

/* The same from what it is made of: IS_TERMINAL, the environment's TERM and NO_COLOR
 * (NULL: not set), the locale's CODESET. */
struct terminal_style terminal_style_of (bool is_terminal, const char *term,
                                         const char *no_color,
                                         const char *codeset);

#endif
