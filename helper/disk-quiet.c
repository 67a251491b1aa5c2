/* SPDX-License-Identifier: MIT */
/* flash-helper wait-quiet: whatever is stacked on the target, nothing of it may
 * still be on its way to the disk when the first write begins. */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block-device.h"
#include "commands.h"
#include "old-root.h"
#include "report.h"

#define QUIET_TICKS 20          /* thin pools commit once a second */
#define TICK 100000             /* microseconds */
#define TIMEOUT_TICKS 600

/* Of the kernel's block/stat.rst: the writes that have ended, their sectors, and
 * what is on its way. */
struct counters
{
  uint64_t writes, sectors, in_flight;
};

static bool
read_counters (dev_t disk, struct counters *c)
{
  char line[256];

  return block_device_attribute (disk, "stat", line, sizeof line)
         && sscanf (line, "%*u %*u %*u %*u %" SCNu64 " %*u %" SCNu64 " %*u %"
                    SCNu64, &c->writes, &c->sectors, &c->in_flight) == 3;
}

static bool
stands_still (const struct counters *a, const struct counters *b)
{
  return a->writes == b->writes && a->sectors == b->sectors && b->in_flight == 0;
}

int
wait_quiet_command (int argc, char **argv)
{
  struct counters before, now;
  dev_t target;

  (void) argc;
  (void) argv;
  if (old_root_target (&target) == -1)
    return 1;
  /* Without statistics (they can be switched off) there is nothing to see. */
  if (!read_counters (target, &before))
    return 0;
  for (int tick = 0, quiet = 0; tick < TIMEOUT_TICKS; tick++) {
    usleep (TICK);
    if (!read_counters (target, &now))
      return 0;
    quiet = stands_still (&before, &now) ? quiet + 1 : 0;
    if (quiet == QUIET_TICKS)
      return 0;
    before = now;
  }
  report_error (ERROR_READ_ONLY_FAILED,
                "something still writes to the disk after %d s, though every file "
                "system on it is read-only", TIMEOUT_TICKS * TICK / 1000000);
  return 1;
}
