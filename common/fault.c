/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "fault.h"

int
(fault_set) (struct fault *fault, int errnum, const char *fmt, ...)
{
  va_list args;

  fault->errnum = errnum;
  va_start (args, fmt);
  if (vsnprintf (fault->text, sizeof fault->text, fmt, args) < 0)
    fault->text[0] = '\0';
  va_end (args);
  return -1;
}

enum error_code
fault_code (const struct fault *fault)
{
  switch (fault->errnum) {
  case EBADMSG: return ERROR_IMAGE_DAMAGED;
  case ENOMEM: return ERROR_OUT_OF_MEMORY;
  default: return ERROR_IMAGE_UNREADABLE;
  }
}

int
(fault_no_memory) (struct fault *fault, const char *what)
{
  return fault_set (fault, ENOMEM, "out of memory for %s", what);
}
