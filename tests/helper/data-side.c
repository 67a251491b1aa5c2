/* SPDX-License-Identifier: MIT */
/* stage, rehearse, write and settle without a session process (stand-in-session.c):
 *
 *     data-side stage|rehearse|write|settle
 *
 * FLASH_DIR is the RAM root.  TEST_PEAK=1 prints the peak of memory, in KiB, at
 * the end. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "commands.h"

static void
print_peak (void)
{
  struct rusage usage;

  if (!getenv ("TEST_PEAK") || getrusage (RUSAGE_SELF, &usage) == -1)
    return;
  printf ("peak %ld\n", usage.ru_maxrss);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    int (*run) (int argc, char **argv);
  } commands[] = {
    { "stage", stage_command },
    { "rehearse", rehearse_command },
    { "write", write_command },
    { "settle", settle_command },
  };
  const char *dir = getenv ("FLASH_DIR");

  if (dir)
    ram_root = dir;
  for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
    if (strcmp (argv[1], commands[i].name) == 0) {
      int r = commands[i].run (argc - 1, argv + 1);
      print_peak ();
      return r;
    }
  fprintf (stderr, "usage: data-side stage|rehearse|write|settle\n");
  return 2;
}
