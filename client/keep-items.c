/* SPDX-License-Identifier: MIT */
/* The names of what can be kept. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "keep.h"
#include "report.h"

static const char *const names[KEEP_ITEMS] = {
  [KEEP_SSH_HOST_KEYS] = "ssh-host-keys", [KEEP_HOSTNAME] = "hostname",
  [KEEP_NETWORK] = "network", [KEEP_AUTHORIZED_KEYS] = "authorized-keys",
  [KEEP_MACHINE_ID] = "machine-id",
};

const char *
keep_item_name (enum keep_item item)
{
  return names[item];
}

void
keep_list (unsigned items, char list[KEEP_LIST_MAX])
{
  size_t len = 0;

  *list = '\0';
  for (int i = 0; i < KEEP_ITEMS; i++)
    if (items & 1u << i)
      len += (size_t) snprintf (list + len, KEEP_LIST_MAX - len, "%s%s",
                                len ? "," : "", names[i]);
}

/* The bit of the LEN bytes at WORD; 0: there is none. */
static unsigned
item_of (const char *word, size_t len)
{
  for (int i = 0; i < KEEP_ITEMS; i++)
    if (strlen (names[i]) == len && strncmp (names[i], word, len) == 0)
      return 1u << i;
  return 0;
}

int
keep_parse (const char *what, const char *text, unsigned *items)
{
  char all[KEEP_LIST_MAX];
  unsigned set = 0;

  for (const char *word = text;;) {
    const size_t len = strcspn (word, ",");
    const unsigned item = item_of (word, len);

    if (item == 0) {
      keep_list ((1u << KEEP_ITEMS) - 1, all);
      report_error (ERROR_OPTION_VALUE,
                    "%s %s: \"%.*s\" is nothing that can be kept; give one or "
                    "more of %s", what, text, (int) len, word, all);
      return -1;
    }
    set |= item;
    if (word[len] == '\0')
      break;
    word += len + 1;
  }
  *items = set;
  return 0;
}
