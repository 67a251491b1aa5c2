/* SPDX-License-Identifier: MIT */
/* The patterns of ssh_config: '*', '?', and '!' in front of what must not match. */
#include <config.h>

#include <ctype.h>
#include <string.h>

#include "ssh-config.h"

#define BLANKS " \t"

static bool
matches (const char *name, const char *pattern, size_t length)
{
  const char *end = pattern + length, *star = NULL, *behind = NULL;

  /* Where a star has taken too little, the last one takes one more: to go back to
   * those before it could find nothing else, and would cost a time without bounds. */
  while (*name)
    if (pattern < end && *pattern == '*') {
      star = pattern++;
      behind = name;
    }
    else if (pattern < end && (*pattern == '?'
                               || tolower ((unsigned char) *pattern)
                                  == tolower ((unsigned char) *name))) {
      pattern++;
      name++;
    }
    else if (star) {
      pattern = star + 1;
      name = ++behind;
    }
    else
      return false;
  while (pattern < end && *pattern == '*')
    pattern++;
  return pattern == end;
}

bool
ssh_config_match (const char *name, const char *pattern)
{
  return matches (name, pattern, strlen (pattern));
}

bool
ssh_config_match_list (const char *name, const char *patterns)
{
  bool matched = false;

  for (const char *p = patterns + strspn (patterns, BLANKS); *p;) {
    const size_t length = strcspn (p, BLANKS);

    if (*p != '!')
      matched = matched || matches (name, p, length);
    else if (matches (name, p + 1, length - 1))
      return false;
    p += length;
    p += strspn (p, BLANKS);
  }
  return matched;
}
