/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal-style.h"

/* An empty NO_COLOR counts as none: https://no-color.org says so. */
struct terminal_style
terminal_style_of (bool is_terminal, const char *term, const char *no_color,
                   const char *codeset)
{
  const bool redraws = is_terminal && !(term && strcmp (term, "dumb") == 0);

  return (struct terminal_style) {
    .redraws = redraws,
    .utf8 = strcmp (codeset, "UTF-8") == 0,
    .color = redraws && !(no_color && *no_color),
  };
}

/* The locale is only asked, never set: the program's words and numbers are the same
 * everywhere. */
const struct terminal_style *
terminal_style (void)
{
  static struct terminal_style style;
  static bool known;

  if (!known) {
    const locale_t locale = newlocale (LC_CTYPE_MASK, "", (locale_t) 0);

    style = terminal_style_of (isatty (STDERR_FILENO), getenv ("TERM"),
                               getenv ("NO_COLOR"),
                               locale ? nl_langinfo_l (CODESET, locale) : "");
    if (locale)
      freelocale (locale);
    known = true;
  }
  return &style;
}
