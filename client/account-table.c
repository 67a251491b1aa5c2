/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account-table.h"

#define FILE_MAX (1u << 20)

int
account_table_read (struct account_table *table, struct ext4_volume *root)
{
  table->passwd = ext4_volume_read (root, "/etc/passwd", FILE_MAX);
  table->group = table->passwd
    ? ext4_volume_read (root, "/etc/group", FILE_MAX) : NULL;
  return table->group ? 0 : -1;
}

void
account_table_release (struct account_table *table)
{
  free (table->passwd);
  free (table->group);
  table->passwd = table->group = NULL;
}

/* Behind "NAME:" of its line in TEXT, or NULL. */
static const char *
line_of (const char *text, const char *name)
{
  const size_t len = strlen (name);

  for (const char *line = text; len > 0 && *line;) {
    if (strncmp (line, name, len) == 0 && line[len] == ':')
      return line + len + 1;
    line += strcspn (line, "\n");
    line += *line == '\n';
  }
  return NULL;
}

/* Field NR, from 0, of what FIELDS begins with; NULL when its line is too short. */
static const char *
field (const char *fields, unsigned nr)
{
  while (nr-- > 0) {
    fields += strcspn (fields, ":\n");
    if (*fields++ != ':')
      return NULL;
  }
  return fields;
}

static bool
get_id (const char *fields, unsigned nr, uint32_t *id)
{
  const char *text = field (fields, nr);
  char *end;

  if (!text || !isdigit ((unsigned char) *text))
    return false;
  const unsigned long n = strtoul (text, &end, 10);
  *id = (uint32_t) n;
  return n < UINT32_MAX && (*end == ':' || *end == '\n' || *end == '\0');
}

bool
account_table_find (const struct account_table *table, const char *name,
                    struct account *account)
{
  const char *fields = line_of (table->passwd, name);

  if (!fields || !get_id (fields, 1, &account->user)
      || !get_id (fields, 2, &account->group))
    return false;
  const char *home = field (fields, 4);
  size_t len = home ? strcspn (home, ":\n") : 0;
  while (len > 0 && home[len - 1] == '/')
    len--;
  if (len >= sizeof account->home - 64 || (len > 0 && *home != '/'))
    len = 0;
  snprintf (account->home, sizeof account->home, "%.*s", (int) len,
            len > 0 ? home : "");
  return true;
}

uint32_t
account_table_group (const struct account_table *table, const char *name)
{
  const char *fields = line_of (table->group, name);
  uint32_t id;

  return fields && get_id (fields, 1, &id) ? id : 0;
}
