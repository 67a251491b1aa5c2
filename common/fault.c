/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "fault.h"

int
fault_set (struct fault *fault, int errnum, const char *fmt, ...)
{
  va_list args;

  fault->errnum = errnum;
  va_start (args, fmt);
  if (vsnprintf (fault->text, sizeof fault->text, fmt, args) < 0)
    fault->text[0] = '\0';
  va_end (args);
  return -1;
}

int
fault_no_memory (struct fault *fault, const char *what)
{
  return fault_set (fault, ENOMEM, "out of memory for %s", what);
}
