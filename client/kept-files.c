/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kept-files.h"
#include "report.h"
#include "terminal-text.h"

static const char begin_mark[] = "FLR1-KEEP-BEGIN\n";
static const char end_mark[] = "FLR1-KEEP-END\n";

/* What the lines so far have said of those that follow. */
struct reading
{
  struct kept_files *files;
  bool hex;                     /* else base64 */
  const char *account;
  struct kept_file *open;       /* its bytes follow */
  size_t size;                  /* as it was announced */
  unsigned bits, nr_bits;       /* of its encoding, not a whole byte yet */
};

/* -- Bytes ----------------------------------------------------------------- */

static int
digit_of (const struct reading *r, char c)
{
  static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static const char hex[] = "0123456789abcdef";
  const char *at = c ? strchr (r->hex ? hex : base64, c) : NULL;

  return at ? (int) (at - (r->hex ? hex : base64)) : -1;
}

static bool
take_bytes (struct reading *r, const char *line)
{
  const unsigned width = r->hex ? 4 : 6;

  for (; *line; line++) {
    const int digit = digit_of (r, *line);

    if (*line == '=' && !r->hex)        /* only the end is filled up */
      return strspn (line, "=") == strlen (line);
    if (digit < 0)
      return false;
    r->bits = (r->bits << width | (unsigned) digit) & 0xffffff;
    r->nr_bits += width;
    if (r->nr_bits < 8)
      continue;
    r->nr_bits -= 8;
    if (r->open->size == r->size)
      return false;
    r->open->data[r->open->size++] = (unsigned char) (r->bits >> r->nr_bits);
  }
  return true;
}

/* -- Which files ----------------------------------------------------------- */

/* A folder, and how the names in it begin and end. */
struct place
{
  enum keep_item item;
  const char *folder, *begin, *end;
};

static const struct place places[] = {
  { KEEP_SSH_HOST_KEYS, "/etc/ssh/", "ssh_host_", "_key" },
  { KEEP_SSH_HOST_KEYS, "/etc/ssh/", "ssh_host_", "_key.pub" },
  { KEEP_SSH_HOST_KEYS, "/etc/dropbear/", "dropbear_", "_host_key" },
  { KEEP_HOSTNAME, "/etc/", "hostname", "" },
  { KEEP_MACHINE_ID, "/etc/", "machine-id", "" },
  { KEEP_NETWORK, "/etc/netplan/", "", ".yaml" },
  { KEEP_NETWORK, "/etc/NetworkManager/system-connections/", "", "" },
  { KEEP_NETWORK, "/etc/systemd/network/", "", ".network" },
  { KEEP_NETWORK, "/etc/systemd/network/", "", ".netdev" },
  { KEEP_NETWORK, "/etc/systemd/network/", "", ".link" },
  { KEEP_NETWORK, "/etc/network/", "interfaces", "" },
  { KEEP_NETWORK, "/etc/network/interfaces.d/", "", "" },
  { KEEP_NETWORK, "/etc/", "dhcpcd.conf", "" },
  { KEEP_NETWORK, "/etc/wpa_supplicant/", "wpa_supplicant", ".conf" },
};

/* A name that is one, and no place that another file could be reached from. */
static bool
is_in_place (const struct place *p, const char *path)
{
  const size_t folder = strlen (p->folder), begin = strlen (p->begin);
  const size_t end = strlen (p->end);
  const char *name = path + folder;

  if (strncmp (path, p->folder, folder) != 0 || strchr (name, '/')
      || *name == '.' || *name == '\0' || strlen (name) > 200
      || strlen (name) < begin + end || strncmp (name, p->begin, begin) != 0
      || strcmp (name + strlen (name) - end, p->end) != 0)
    return false;
  /* One whole name. */
  if (*p->begin && !*p->end && strcmp (name, p->begin) != 0)
    return false;
  for (; *name; name++)
    if (iscntrl ((unsigned char) *name))
      return false;
  return true;
}

static bool
belongs_to (enum keep_item item, const char *path)
{
  /* They go where the new system has the account's home. */
  if (item == KEEP_AUTHORIZED_KEYS)
    return true;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    if (places[i].item == item && is_in_place (&places[i], path))
      return true;
  return false;
}

/* -- Lines ----------------------------------------------------------------- */

/* KEEP_ITEMS: there is no such item. */
static enum keep_item
item_named (const char *name)
{
  int i = 0;

  while (i < KEEP_ITEMS && strcmp (keep_item_name ((enum keep_item) i), name) != 0)
    i++;
  return (enum keep_item) i;
}

/* ITEM MODE USER GROUP LABEL SIZE PATH */
static bool
begin_file (struct reading *r, char *rest)
{
  struct kept_files *files = r->files;
  struct kept_file *f = &files->files[files->nr];
  char *words[6], *end;

  for (int i = 0; i < 6; i++)
    if (!(words[i] = strsep (&rest, " ")) || !*words[i])
      return false;
  if (!rest || files->nr == KEPT_FILES_MAX)
    return false;
  terminal_text_clean (rest);
  *f = (struct kept_file) {
    .item = item_named (words[0]), .user = words[2], .group = words[3],
    .label = strcmp (words[4], "-") != 0 ? words[4] : NULL, .path = rest,
    .account = r->account, .system = files->nr_systems
      ? files->systems[files->nr_systems - 1] : "",
  };
  f->mode = (unsigned) strtoul (words[1], &end, 8) & 0777;
  if (*end || f->item == KEEP_ITEMS || !belongs_to (f->item, rest))
    return false;
  r->size = strtoul (words[5], &end, 10);
  if (*end || !isdigit ((unsigned char) *words[5]) || r->size > 65536)
    return false;
  f->data = calloc (1, r->size + 1);
  if (!f->data)
    return false;
  files->nr++;
  r->open = f;
  r->bits = r->nr_bits = 0;
  return true;
}

static bool
take_fact (struct reading *r, char *rest)
{
  struct kept_files *files = r->files;
  char *name = strsep (&rest, " ");

  if (!rest)
    return false;
  terminal_text_clean (rest);
  if (strcmp (name, "sshd") == 0)
    files->sshd = rest;
  else if (strcmp (name, "user") == 0)
    r->account = rest;
  else if (strcmp (name, "hosts") == 0)
    files->hosts = rest;
  else if (strcmp (name, "network") == 0) {
    if (files->nr_systems == KEPT_SYSTEMS_MAX)
      return false;
    files->systems[files->nr_systems++] = rest;
  }
  return true;
}

static bool
take_refusal (struct reading *r, char *rest)
{
  const char *name = strsep (&rest, " ");
  const enum keep_item item = item_named (name);

  if (!rest || item == KEEP_ITEMS)
    return false;
  terminal_text_clean (rest);
  r->files->refusals[item] = rest;
  return true;
}

static bool
take_line (struct reading *r, char *line)
{
  if (r->open && strcmp (line, ".") == 0) {
    const bool whole = r->open->size == r->size;

    r->open = NULL;
    return whole;
  }
  if (r->open)
    return take_bytes (r, line);
  char *word = strsep (&line, " ");
  if (strcmp (word, "encoding") == 0 && line) {
    r->hex = strcmp (line, "hex") == 0;
    return true;
  }
  if (!line)
    return false;
  return strcmp (word, "file") == 0 ? begin_file (r, line)
         : strcmp (word, "fact") == 0 ? take_fact (r, line)
         : strcmp (word, "refuse") == 0 && take_refusal (r, line);
}

int
kept_files_parse (const char *output, struct kept_files *files)
{
  const char *begin = strstr (output, begin_mark);
  const char *end = begin ? strstr (begin, end_mark) : NULL;
  struct reading r = { .files = files, .account = "" };

  memset (files, 0, sizeof *files);
  files->sshd = "";
  if (end)
    files->text = strndup (begin + sizeof begin_mark - 1,
                           (size_t) (end - begin) - (sizeof begin_mark - 1));
  char *rest = files->text, *line;
  bool good = files->text != NULL;
  while (good && (line = strsep (&rest, "\n")) != NULL)
    good = !*line || take_line (&r, line);
  if (good && !r.open)
    return 0;
  report_error (ERROR_BOARD_ANSWER,
                "the board gave no complete answer about what is to be kept");
  return -1;
}

void
kept_files_release (struct kept_files *files)
{
  for (size_t i = 0; i < files->nr; i++) {
    explicit_bzero (files->files[i].data, files->files[i].size);
    free (files->files[i].data);
  }
  if (files->text)
    explicit_bzero (files->text, strlen (files->text));
  free (files->text);
  memset (files, 0, sizeof *files);
}
