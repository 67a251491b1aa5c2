/* SPDX-License-Identifier: MIT */
/* --keep: the keys that let people in. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "keep-work.h"
#include "report.h"

#define KEYS_MAX (1u << 20)

/* Whether TEXT has the LEN bytes at LINE as a line. */
static bool
has_line (const char *text, const char *line, size_t len)
{
  while (*text) {
    const size_t n = strcspn (text, "\n");

    if (n == len && memcmp (text, line, len) == 0)
      return true;
    text += n + (text[n] == '\n');
  }
  return false;
}

/* PRESENT, and the lines of ADDED that are not in it.  NULL: no memory. */
static char *
merge (const char *present, const char *added)
{
  const size_t len = strlen (present);
  char *text = calloc (1, len + strlen (added) + 3), *end;

  if (!text)
    return NULL;
  end = stpcpy (text, present);
  if (len > 0 && end[-1] != '\n')
    *end++ = '\n';
  while (*added) {
    const size_t n = strcspn (added, "\n");

    if (n > 0 && !has_line (text, added, n)) {
      end = stpncpy (end, added, n);
      *end++ = '\n';
    }
    added += n + (added[n] == '\n');
  }
  return text;
}

static int
put_keys (struct keep_work *w, const struct kept_file *file,
          const struct account *account, const char *path)
{
  const struct ext4_owner owner = {
    .mode = 0600, .user = account->user, .group = account->group,
    .label = file->label,
  };
  const bool there = ext4_volume_kind (w->root, path) != EXT4_NOTHING;
  CLEANUP_FREE char *present = there ? ext4_volume_read (w->root, path, KEYS_MAX)
                                     : strdup ("");
  CLEANUP_FREE char *text =
    present ? merge (present, (const char *) file->data) : NULL;

  if (present && !text)
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return text ? keep_put (w, KEEP_AUTHORIZED_KEYS, path, text, strlen (text), &owner)
              : -1;
}

static bool
is_dropbear_only (struct keep_work *w)
{
  return keep_has_folder (w, "/etc/dropbear") && !keep_has_folder (w, "/etc/ssh");
}

/* Where the new system's sshd looks for the keys of FILE's account. */
static int
lay_file (struct keep_work *w, const struct kept_file *file)
{
  struct account account;
  char path[sizeof account.home + 40];

  if (!account_table_find (&w->accounts, file->account, &account))
    return keep_refuse (KEEP_AUTHORIZED_KEYS, "the new system has no user %s",
                        file->account);
  if (account.user == 0 && is_dropbear_only (w)
      && strncmp (file->path, "/etc/dropbear/", 14) == 0)
    return put_keys (w, file, &account, "/etc/dropbear/authorized_keys");
  if (!*account.home || !keep_has_folder (w, account.home))
    return keep_refuse (KEEP_AUTHORIZED_KEYS, "the user %s has no home directory in "
                        "the new system%s%s", file->account,
                        *account.home ? ": there is no " : "", account.home);
  const struct ext4_owner owner = {
    .mode = 0700, .user = account.user, .group = account.group,
  };
  snprintf (path, sizeof path, "%s/.ssh", account.home);
  if (ext4_volume_make_folder (w->root, path, &owner) == -1
      || ext4_volume_set_owner (w->root, path, &owner) == -1)
    return -1;
  strcat (path, "/authorized_keys");
  return put_keys (w, file, &account, path);
}

int
keep_lay_authorized_keys (struct keep_work *w)
{
  if (keep_count (w, KEEP_AUTHORIZED_KEYS) == 0)
    return keep_refuse (KEEP_AUTHORIZED_KEYS, "neither the login user nor root has "
                        "an .ssh/authorized_keys on the board");
  for (size_t i = 0; i < w->files->nr; i++)
    if (w->files->files[i].item == KEEP_AUTHORIZED_KEYS
        && lay_file (w, &w->files->files[i]) == -1)
      return -1;
  return 0;
}
