/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "multicast-name.h"

#define NAME_SERVICES "/etc/nsswitch.conf"

static bool
is_multicast (const char *host)
{
  const size_t len = strlen (host);

  return (len > 6 && strcasecmp (host + len - 6, ".local") == 0)
         || (len > 7 && strcasecmp (host + len - 7, ".local.") == 0);
}

/* Whether this machine's resolver asks the network: by nss-mdns (avahi), or by
 * systemd-resolved. */
static bool
is_asked_for (void)
{
  FILE *f = fopen (NAME_SERVICES, "re");
  char line[512];
  bool found = false;

  while (f && fgets (line, sizeof line, f))
    if (strncmp (line, "hosts:", 6) == 0)
      found = strstr (line, "mdns") || strstr (line, " resolve");
  if (f)
    fclose (f);
  return found;
}

const char *
multicast_name_hint (const char *host)
{
  if (!is_multicast (host))
    return "";
  if (!is_asked_for ())
    return "\nThis machine does not look for .local names (" NAME_SERVICES "); on "
           "Debian and Ubuntu: apt install libnss-mdns.  Or give the board's address.";
  return "\nA .local name is found only in the same network, while the board is on "
         "and runs avahi (or the like); does avahi-daemon or systemd-resolved run "
         "here?  Or give the board's address.";
}
