/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "partition-uses.h"

static void
add (char uses[PARTITION_USES_MAX], const char *separator, const char *text)
{
  size_t len = strlen (uses);

  snprintf (uses + len, PARTITION_USES_MAX - len, "%s%s", *uses ? separator : "",
            text);
}

/* The mounts of DEVICE, and its swap; the first behind FIRST, if there is one. */
static void
add_mounts (const struct target_probe *b, const char *device, const char *first,
            char uses[PARTITION_USES_MAX])
{
  char text[PARTITION_USES_MAX];

  for (unsigned i = 0; i < b->nr_mounts; i++) {
    const struct probe_mount *m = &b->mounts[i];

    if (strcmp (m->device, device) != 0)
      continue;
    snprintf (text, sizeof text, "%s%s%s", m->type, m->point ? " on " : "",
              m->point ? m->point : "");
    add (uses, first, text);
    first = "; ";
  }
}

void
partition_uses (const struct target_probe *b, const char *partition,
                char uses[PARTITION_USES_MAX])
{
  *uses = '\0';
  add_mounts (b, partition, "; ", uses);
  for (unsigned i = 0; i < b->nr_upon; i++)
    if (strcmp (b->upon[i].partition, partition) == 0) {
      add (uses, "; ", b->upon[i].label);
      add_mounts (b, b->upon[i].device, ": ", uses);
    }
}
