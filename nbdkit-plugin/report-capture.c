/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "report-capture.h"
#include "report.h"

static _Thread_local char *capture;
static _Thread_local size_t capture_size;

void
report_capture_begin (char *buf, size_t size)
{
  buf[0] = '\0';
  capture = buf;
  capture_size = size;
}

void
report_capture_end (void)
{
  capture = NULL;
}

void
report_error (enum error_code code, const char *fmt, ...)
{
  const int saved = errno;
  va_list args;

  (void) code;                  /* NBD has no place for it */
  va_start (args, fmt);
  if (!capture)
    nbdkit_verror (fmt, args);
  else if (vsnprintf (capture, capture_size, fmt, args) < 0)
    capture[0] = '\0';
  va_end (args);
  errno = saved;
}
