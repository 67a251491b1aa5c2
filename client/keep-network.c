/* SPDX-License-Identifier: MIT */
/* --keep: how the board reaches its network, for a new system that does it the same
 * way.  Nothing is translated. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "keep-work.h"

static const struct network_system
{
  const char *name;             /* keep.sh's */
  const char *programs[4];      /* the new system has one of them */
  const char *folder;           /* of its files */
  unsigned mode;                /* of its files; 0: as on the board */
} systems[] = {
  { "netplan", { "/usr/sbin/netplan" }, "/etc/netplan", 0600 },
  { "NetworkManager", { "/usr/sbin/NetworkManager" },
    "/etc/NetworkManager/system-connections", 0600 },
  { "systemd-networkd",
    { "/usr/lib/systemd/systemd-networkd", "/lib/systemd/systemd-networkd" },
    "/etc/systemd/network", 0 },
  { "ifupdown", { "/usr/sbin/ifup", "/sbin/ifup" }, "/etc/network/interfaces.d", 0 },
  { "dhcpcd", { "/usr/sbin/dhcpcd", "/sbin/dhcpcd" }, "/etc", 0644 },
  { "wpa_supplicant", { "/usr/sbin/wpa_supplicant", "/sbin/wpa_supplicant" },
    "/etc/wpa_supplicant", 0600 },
};
#define NR_SYSTEMS (sizeof systems / sizeof *systems)

static const struct network_system *
find_system (const char *name)
{
  for (size_t i = 0; i < NR_SYSTEMS; i++)
    if (strcmp (systems[i].name, name) == 0)
      return &systems[i];
  return NULL;
}

static bool
is_there (struct keep_work *w, const struct network_system *s)
{
  for (size_t i = 0; i < sizeof s->programs / sizeof *s->programs; i++)
    if (s->programs[i] && keep_has_file (w, s->programs[i]))
      return true;
  return false;
}

/* TEXT: what of them the new system has. */
static void
list_there (struct keep_work *w, char *text, size_t size)
{
  size_t len = 0;

  snprintf (text, size, "none of those that are known here");
  for (size_t i = 0; i < NR_SYSTEMS && len < size; i++)
    if (is_there (w, &systems[i]))
      len += (size_t) snprintf (text + len, size - len, "%s%s", len ? ", " : "",
                                systems[i].name);
}

static int
check_systems (struct keep_work *w)
{
  char there[160];

  if (w->files->nr_systems == 0)
    return keep_refuse (KEEP_NETWORK, "what makes up the board's network is not known "
                        "here");
  for (size_t i = 0; i < w->files->nr_systems; i++) {
    const struct network_system *s = find_system (w->files->systems[i]);

    if (s && is_there (w, s))
      continue;
    list_there (w, there, sizeof there);
    return keep_refuse (KEEP_NETWORK, "the board uses %s, the new system has %s",
                        w->files->systems[i], there);
  }
  return 0;
}

/* A file that its group may read, as systemd-networkd does, is its group's. */
static int
lay_file (struct keep_work *w, const struct kept_file *file)
{
  const struct network_system *s = find_system (file->system);
  struct account account;

  if (!s)
    return 0;
  struct ext4_owner owner = {
    .mode = s->mode ? s->mode : file->mode, .label = file->label,
    .group = s->mode ? 0 : account_table_group (&w->accounts, file->group),
  };
  if (!s->mode && account_table_find (&w->accounts, file->user, &account))
    owner.user = account.user;
  return keep_make_folders (w, s->folder) == -1
         || keep_put (w, KEEP_NETWORK, file->path, file->data, file->size, &owner)
            == -1 ? -1 : 0;
}

int
keep_lay_network (struct keep_work *w)
{
  if (check_systems (w) == -1)
    return -1;
  for (size_t i = 0; i < w->files->nr; i++)
    if (w->files->files[i].item == KEEP_NETWORK
        && lay_file (w, &w->files->files[i]) == -1)
      return -1;
  return 0;
}
