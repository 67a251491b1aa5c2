/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>

#include "host-hint.h"
#include "multicast-name.h"
#include "operands.h"

/* A board may be called almost like a command, so that is only said of a name that
 * leads nowhere. */
const char *
host_hint (const char *host)
{
  static char text[64];
  const char *near = operands_near_command (host);

  if (!near)
    return multicast_name_hint (host);
  snprintf (text, sizeof text, "; did you mean the command %s?", near);
  return text;
}
