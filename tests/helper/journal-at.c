/* SPDX-License-Identifier: MIT */
/* journal-at FILE POSITION: the journal of a write of FLASH_* that has come to
 * POSITION, its first chunk included. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "flash-settings.h"
#include "journal.h"

const char *ram_root = "";

int
main (int argc, char **argv)
{
  struct journal_state state = { .first_chunk = true };
  struct flash_settings settings;
  bool found;

  if (argc != 3 || flash_settings_read (&settings) == -1)
    return 1;
  memcpy (state.session, settings.session, sizeof state.session);
  state.disk_size = settings.disk_size;
  state.target_size = settings.target_size;
  struct journal *journal = journal_open (argv[1], &state, &found);
  state.first_chunk = true;
  state.position = strtoumax (argv[2], NULL, 10);
  const int r = journal ? journal_update (journal, &state) : -1;
  journal_close (journal);
  return r == -1;
}
