/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "error-tag.h"

char *
error_tag_text (const char *text, const char *code)
{
  const int first = (int) strcspn (text, "\n");
  char *tagged;

  if (!*code)
    return strdup (text);
  if (asprintf (&tagged, "%.*s [%s]%s", first, text, code, text + first) == -1)
    return NULL;
  return tagged;
}
