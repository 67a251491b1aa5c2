/* SPDX-License-Identifier: MIT */
/* --keep: the board's host keys, its name, its machine-id. */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libssh/libssh.h>

#include "cleanup.h"
#include "keep-work.h"
#include "known-hosts.h"
#include "messages.h"
#include "report.h"

#define PI_SCRIPT "/usr/lib/raspberrypi-sys-mods/regenerate_ssh_host_keys"
#define PI_UNIT_FOLDER "/etc/systemd/system/regenerate_ssh_host_keys.service.d"

/* -- Host keys ------------------------------------------------------------- */

/* Whether a public key, "TYPE BASE64 COMMENT", is the one that the board shows. */
static bool
is_shown_key (const struct kept_file *file, const char *fingerprint)
{
  char type[64], base64[4096];
  ssh_key key = NULL;

  if (sscanf ((const char *) file->data, "%63s %4095s", type, base64) != 2
      || ssh_pki_import_pubkey_base64 (base64, ssh_key_type_from_name (type), &key)
         != SSH_OK)
    return false;
  char *own = known_hosts_fingerprint (key);
  const bool shown = own && strcmp (own, fingerprint) == 0;
  ssh_string_free_char (own);
  ssh_key_free (key);
  return shown;
}

static bool
is_public (const struct kept_file *file)
{
  const size_t len = strlen (file->path);

  return len > 4 && strcmp (file->path + len - 4, ".pub") == 0;
}

/* Dropbear keeps no public keys beside the private ones. */
static int
check_shown_key (const struct keep_work *w)
{
  const char *fingerprint = board_connection_host_key (w->job->connection);

  if (!fingerprint || !*fingerprint || strcmp (w->files->sshd, "dropbear") == 0)
    return 0;
  for (size_t i = 0; i < w->files->nr; i++)
    if (w->files->files[i].item == KEEP_SSH_HOST_KEYS
        && is_public (&w->files->files[i])
        && is_shown_key (&w->files->files[i], fingerprint))
      return 0;
  return keep_refuse (KEEP_SSH_HOST_KEYS, "the key that the board shows (%s) is not "
                      "among those in /etc/ssh", fingerprint);
}

static int
check_new_sshd (struct keep_work *w)
{
  const bool openssh = keep_has_folder (w, "/etc/ssh")
                       && (keep_has_file (w, "/usr/sbin/sshd")
                           || keep_has_file (w, "/usr/bin/sshd"));
  const bool dropbear = keep_has_file (w, "/usr/sbin/dropbear")
                        || keep_has_file (w, "/usr/bin/dropbear");

  if (strcmp (w->files->sshd, "dropbear") == 0 ? dropbear : openssh)
    return 0;
  return keep_refuse (KEEP_SSH_HOST_KEYS, "the board's are %s's, and the new system "
                      "has %s", w->files->sshd, openssh ? "OpenSSH"
                      : dropbear ? "dropbear" : "no sshd that is known here");
}

/* Raspberry Pi OS makes new keys at its first start: by a script, in older versions by
 * a unit alone. */
static int
restrain_pi_os (struct keep_work *w)
{
  static const char script[] =
    "#!/bin/sh\n# The host keys of the board before were kept.\nexit 0\n";
  static const char drop_in[] =
    "[Unit]\nConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key\n";
  struct ext4_owner owner = { .mode = 0755 };

  if (keep_has_file (w, PI_SCRIPT)
      && keep_put (w, KEEP_SSH_HOST_KEYS, PI_SCRIPT, script, sizeof script - 1,
                   &owner) == -1)
    return -1;
  if (!keep_has_file (w, "/lib/systemd/system/regenerate_ssh_host_keys.service")
      && !keep_has_file (w, "/etc/systemd/system/regenerate_ssh_host_keys.service"))
    return 0;
  owner.mode = 0644;
  return keep_make_folders (w, PI_UNIT_FOLDER) == -1
         || keep_put (w, KEEP_SSH_HOST_KEYS, PI_UNIT_FOLDER "/kept.conf", drop_in,
                      sizeof drop_in - 1, &owner) == -1 ? -1 : 0;
}

int
keep_lay_host_keys (struct keep_work *w)
{
  if (keep_count (w, KEEP_SSH_HOST_KEYS) == 0)
    return keep_refuse (KEEP_SSH_HOST_KEYS, "the board has none in /etc/ssh or "
                        "/etc/dropbear for the sshd that answers there (%s)",
                        w->files->sshd);
  if (check_shown_key (w) == -1 || check_new_sshd (w) == -1)
    return -1;
  if (strcmp (w->files->sshd, "dropbear") == 0
      && keep_make_folders (w, "/etc/dropbear") == -1)
    return -1;
  for (size_t i = 0; i < w->files->nr; i++) {
    const struct kept_file *f = &w->files->files[i];

    if (f->item == KEEP_SSH_HOST_KEYS
        && keep_put_as_root (w, f, is_public (f) ? 0644 : 0600) == -1)
      return -1;
  }
  return restrain_pi_os (w);
}

/* -- The name -------------------------------------------------------------- */

/* NAME: 256 bytes.  The first word of the file; false: it is no host name. */
static bool
get_name (const struct kept_file *file, char *name)
{
  const char *text = (const char *) file->data;

  text += strspn (text, " \t\n");
  const size_t len = strcspn (text, " \t\r\n");
  if (len == 0 || len > 253 || *text == '-' || *text == '.')
    return false;
  for (size_t i = 0; i < len; i++)
    if (!isascii ((unsigned char) text[i])
        || (!isalnum ((unsigned char) text[i]) && !strchr ("-._", text[i])))
      return false;
  snprintf (name, 256, "%.*s", (int) len, text);
  return true;
}

static const struct kept_file *
first_file (const struct keep_work *w, enum keep_item item)
{
  for (size_t i = 0; i < w->files->nr; i++)
    if (w->files->files[i].item == item)
      return &w->files->files[i];
  return NULL;
}

/* The new system's /etc/hosts with the board's names for 127.0.1.1, where both have
 * some. */
static int
put_hosts (struct keep_work *w)
{
  const struct ext4_owner owner = { .mode = 0644 };
  CLEANUP_FREE char *text = NULL, *made = NULL;
  bool any = false;
  size_t size;

  if (!w->files->hosts || !keep_has_file (w, "/etc/hosts"))
    return 0;
  text = ext4_volume_read (w->root, "/etc/hosts", 1 << 20);
  if (!text)
    return -1;
  FILE *f = open_memstream (&made, &size);
  if (!f) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  for (char *rest = text, *line; (line = strsep (&rest, "\n")) != NULL;) {
    const bool ours = strncmp (line, "127.0.1.1", 9) == 0
                      && isspace ((unsigned char) line[9]);

    fprintf (f, ours ? "127.0.1.1\t%s" : "%s", ours ? w->files->hosts : line);
    if (rest)
      fputc ('\n', f);
    any = any || ours;
  }
  if (fclose (f) == EOF) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  return any ? keep_put (w, KEEP_HOSTNAME, "/etc/hosts", made, size, &owner) : 0;
}

int
keep_lay_hostname (struct keep_work *w)
{
  const struct ext4_owner owner = { .mode = 0644 };
  const struct kept_file *file = first_file (w, KEEP_HOSTNAME);
  char name[256 + 1];

  if (!file || !get_name (file, name))
    return keep_refuse (KEEP_HOSTNAME, "the board has no name in /etc/hostname");
  if (keep_has_file (w, "/etc/config/system"))
    return keep_refuse (KEEP_HOSTNAME, "the new system keeps its name in "
                        "/etc/config/system");
  if (!keep_has_file (w, "/etc/hostname")
      && !keep_has_file (w, "/lib/systemd/systemd"))
    return keep_refuse (KEEP_HOSTNAME, "the new system has no /etc/hostname");
  strcat (name, "\n");
  return keep_put (w, KEEP_HOSTNAME, "/etc/hostname", name, strlen (name), &owner)
         == -1 || put_hosts (w) == -1 ? -1 : 0;
}

/* -- The machine-id -------------------------------------------------------- */

int
keep_lay_machine_id (struct keep_work *w)
{
  const struct kept_file *file = first_file (w, KEEP_MACHINE_ID);
  const struct ext4_owner owner = { .mode = 0444 };
  const char *text = file ? (const char *) file->data : "";

  if (!file || strspn (text, "0123456789abcdef") != 32
      || (text[32] && text[32] != '\n'))
    return keep_refuse (KEEP_MACHINE_ID, "the board has none in /etc/machine-id");
  if (!keep_has_file (w, "/etc/machine-id")
      && !keep_has_file (w, "/lib/systemd/systemd")
      && !keep_has_file (w, "/var/lib/dbus/machine-id"))
    return keep_refuse (KEEP_MACHINE_ID, "the new system has no machine-id");
  if (keep_put (w, KEEP_MACHINE_ID, "/etc/machine-id", text, file->size, &owner)
      == -1)
    return -1;
  /* Where it is a link, it leads there. */
  return keep_has_file (w, "/var/lib/dbus/machine-id")
         ? keep_put (w, KEEP_MACHINE_ID, "/var/lib/dbus/machine-id", text, file->size,
                     &owner) : 0;
}
