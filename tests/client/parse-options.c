/* SPDX-License-Identifier: MIT */
/* parse-options ARGUMENT...: whether flash-live-remote would understand them, without
 * doing anything: exit status 0, or 1 after its message. */
#include <config.h>

#include "options.h"

int
main (int argc, char *argv[])
{
  struct options options;
  const enum options_outcome outcome = options_parse (argc, argv, &options);

  options_release (&options);
  return outcome == OPTIONS_BAD;
}
