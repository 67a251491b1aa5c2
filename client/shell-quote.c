/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "shell-quote.h"

/* Inside single quotes nothing is special but the quote itself, which has to
 * be written outside of them. */
static const char quoted_quote[] = "'\\''";

char *
shell_quote (const char *value)
{
  size_t size = 3;

  for (const char *p = value; *p; p++)
    size += *p == '\'' ? strlen (quoted_quote) : 1;

  char *quoted = malloc (size);
  if (!quoted)
    return NULL;

  char *out = quoted;
  *out++ = '\'';
  for (const char *p = value; *p; p++) {
    if (*p == '\'')
      out = stpcpy (out, quoted_quote);
    else
      *out++ = *p;
  }
  *out++ = '\'';
  *out = '\0';
  return quoted;
}
