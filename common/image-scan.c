/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "image-ops.h"
#include "report.h"

int
image_scan (struct image *im, image_scan_progress progress, void *opaque,
            struct image_scan_result *result, char *error, size_t error_size)
{
  struct scan_run run = {
    .progress = progress, .opaque = opaque, .total = im->stored_size
  };
  struct fault fault;

  memset (result, 0, sizeof *result);
  if (error_size > 0)
    error[0] = '\0';
  if (image_check_unchanged (im, &fault) == 0
      && im->ops->scan (im, &run, result, &fault) == 0
      && image_check_unchanged (im, &fault) == 0)
    return 0;

  if (fault.errnum != EBADMSG && fault.errnum != ECANCELED)
    report_error ("%s: %s", im->name, fault.text);
  if (error_size > 0)
    snprintf (error, error_size, "%s", fault.text);
  errno = fault.errnum;
  return -1;
}

int
scan_run_progress (struct scan_run *run, uint64_t done, struct fault *fault)
{
  if (run->progress && run->progress (run->opaque, done, run->total) != 0)
    return fault_set (fault, ECANCELED, "the scan was cancelled");
  return 0;
}

void
scan_result_note (struct image_scan_result *result, const char *fmt, ...)
{
  const size_t used = strlen (result->notes);
  const size_t room = sizeof result->notes - used;
  va_list args;

  va_start (args, fmt);
  int n = vsnprintf (result->notes + used, room, fmt, args);
  va_end (args);
  if (n < 0 || (size_t) n + 2 > room)
    result->notes[used] = '\0';
  else
    strcpy (result->notes + used + n, "\n");
}
