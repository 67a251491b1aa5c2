/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "commands.h"

enum exit_status
abandon_command (const struct options *options)
{
  (void) options;
  return STATUS_USAGE;
}
