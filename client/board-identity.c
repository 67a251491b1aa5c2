/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "board-identity.h"
#include "report.h"
#include "ssh-exec.h"

#define ANSWER_SECONDS 60       /* an emulated board is slow */

/* The MAC addresses of the hardware: of the interface that has the address which
 * this connection came to first, where `ip` tells, then of all.  A bridge or a bond
 * has the address of one of its members. */
static const char script[] =
  "PATH=$PATH:/usr/sbin:/sbin\n"
  "echo \"boot-id=$(cat /proc/sys/kernel/random/boot_id)\"\n"
  "set -- $SSH_CONNECTION\n"
  "came_by=\n"
  "[ -z \"$3\" ] || came_by=$(ip -o addr 2>/dev/null | grep -F \" $3/\" |\n"
  "  sed -n '1s/^[0-9]*: *\\([^ :@]*\\).*/\\1/p')\n"
  "[ -z \"$came_by\" ] || echo \"mac=$(cat \"/sys/class/net/$came_by/address\")\"\n"
  "for i in /sys/class/net/*; do\n"
  "  [ ! -e \"$i/device\" ] || echo \"mac=$(cat \"$i/address\")\"\n"
  "done\n";

static bool
is_mac (const char *text)
{
  for (size_t i = 0; i < BOARD_MAC_SIZE - 1; i++)
    if (i % 3 == 2 ? text[i] != ':' : !strchr ("0123456789abcdefABCDEF", text[i])
                                      || text[i] == '\0')
      return false;
  return text[BOARD_MAC_SIZE - 1] == '\0';
}

static void
add_mac (struct board_identity *id, const char *mac)
{
  if (id->nr_macs == BOARD_MACS_MAX || !is_mac (mac)
      || strcmp (mac, "00:00:00:00:00:00") == 0)
    return;
  for (size_t i = 0; i < id->nr_macs; i++)
    if (strcasecmp (id->macs[i], mac) == 0)
      return;
  for (size_t i = 0; i < BOARD_MAC_SIZE; i++)
    id->macs[id->nr_macs][i] = mac[i] >= 'A' && mac[i] <= 'F'
                               ? (char) (mac[i] + ('a' - 'A')) : mac[i];
  id->nr_macs++;
}

static bool
is_boot_id (const char *text)
{
  return *text && !text[strspn (text, "0123456789abcdef-")];
}

void
board_identity_parse (const char *output, struct board_identity *id)
{
  static const char boot_id[] = "boot-id=", mac[] = "mac=";

  memset (id, 0, sizeof *id);
  for (const char *p = output; *p; p += strcspn (p, "\n"), p += *p == '\n') {
    char line[128];

    snprintf (line, sizeof line, "%.*s", (int) strcspn (p, "\n"), p);
    if (strncmp (line, mac, sizeof mac - 1) == 0)
      add_mac (id, line + sizeof mac - 1);
    else if (strncmp (line, boot_id, sizeof boot_id - 1) == 0
             && is_boot_id (line + sizeof boot_id - 1))
      snprintf (id->boot_id, sizeof id->boot_id, "%.63s", line + sizeof boot_id - 1);
  }
}

int
board_identity_learn (struct board_connection *c, struct board_identity *id)
{
  const struct exec_input input = { script, sizeof script - 1 };
  struct ssh_exec *exec = ssh_exec_new (c, "sh", &input, 1);
  int result = -1;

  memset (id, 0, sizeof *id);
  if (exec && ssh_exec_wait (exec, ANSWER_SECONDS, false) == 0) {
    board_identity_parse (ssh_exec_stdout (exec), id);
    result = 0;
  }
  ssh_exec_free (exec);
  return result;
}
