/* SPDX-License-Identifier: MIT */
/* flash-helper settle: the last look at the disk before the reboot. */
#include <config.h>

#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "copy.h"
#include "freeze.h"
#include "partition-heads.h"
#include "report.h"
#include "say.h"

#define ROUNDS_MAX 10
/* ext4 logs an error to its superblock from a worker, a little later. */
#define WORKER_DELAY 200000     /* microseconds */

/* With everything frozen, until a look at the heads finds nothing. */
static int
settle (struct flash *flash)
{
  for (int round = 0; round < ROUNDS_MAX; round++) {
    usleep (WORKER_DELAY);
    if (target_flush (&flash->target) == -1)
      return -1;
    int differing = partition_heads_restore (flash);
    if (differing <= 0)
      return differing;
  }
  report_error (ERROR_READ_ONLY_FAILED,
                "something goes on writing to the heads of the partitions");
  return -1;
}

int
settle_command (int argc, char **argv)
{
  struct flash_settings settings;
  struct flash flash = { .target = TARGET_CLOSED };
  char path[PATH_MAX];
  int r = -1;

  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "%s takes no arguments", argv[0]);
    return 1;
  }
  say_set_written ("yes");
  if (flash_settings_read (&settings) == -1)
    return 1;
  flash.settings = &settings;
  ram_root_path (path, "digests");
  flash.digests = digest_table_open (path, settings.disk_size, true);
  if (flash.digests && copy_open_target (&flash) == 0
      && (!settings.root_disk || freeze_network () >= 0))
    r = settle (&flash);
  /* Without a reboot the board must be reached for longer than a lease lasts. */
  if (r == -1 && settings.root_disk)
    thaw_network ();
  digest_table_close (flash.digests);
  target_close (&flash.target);
  return r == -1;
}
