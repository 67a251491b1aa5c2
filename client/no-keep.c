/* SPDX-License-Identifier: MIT */
/* In the place of keep.c where libext2fs was not there to build with. */
#include <config.h>

#include "keep.h"
#include "report.h"

int
keep_check (const struct options *options)
{
  (void) options;
  report_error (ERROR_KEEP_UNAVAILABLE,
                "--keep: this program was built without libext2fs, by which files are "
                "laid into the new system (libext2fs-dev, e2fsprogs-devel)");
  return -1;
}

int
keep_lay (struct flash_job *job, struct image_overlay *overlay)
{
  (void) job;
  (void) overlay;
  return -1;                    /* keep_check has reported it */
}
