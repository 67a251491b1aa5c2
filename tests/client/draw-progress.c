/* SPDX-License-Identifier: MIT */
/* A progress line on stderr, driven by commands on stdin, for check-progress-terminal.py:
 * "update DONE TOTAL", "say TEXT", "tick", "end".  Each is answered by a line on
 * stdout. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "messages.h"
#include "progress.h"

static void
obey (const char *command)
{
  uint64_t done, total;

  if (sscanf (command, "update %" SCNu64 " %" SCNu64, &done, &total) == 2)
    progress_update (done, total);
  else if (strncmp (command, "say ", 4) == 0)
    message_info ("%s", command + 4);
  else if (strcmp (command, "tick") == 0)
    progress_tick ();
  else if (strcmp (command, "end") == 0)
    progress_end ();
}

int
main (void)
{
  char command[256];

  message_init (VERBOSITY_NORMAL);
  progress_begin ("copy", "writing");
  while (fgets (command, sizeof command, stdin)) {
    command[strcspn (command, "\n")] = '\0';
    obey (command);
    if (puts ("ok") == EOF || fflush (stdout) == EOF)
      return 1;
  }
  return 0;
}
