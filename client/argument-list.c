/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "argument-list.h"
#include "report.h"

struct argument_list *
argument_list_new (void)
{
  return calloc (1, sizeof (struct argument_list));
}

void
argument_list_free (struct argument_list *l)
{
  for (size_t i = 0; l && i < ARGUMENT_LIST_MAX; i++)
    free (l->argv[i]);
  free (l);
}

/* What has no room, or no memory, is missed by finish. */
void
argument_list_add (struct argument_list *l, const char *fmt, ...)
{
  va_list args;

  if (!l)
    return;
  if (l->nr < ARGUMENT_LIST_MAX) {
    va_start (args, fmt);
    if (vasprintf (&l->argv[l->nr], fmt, args) == -1)
      l->argv[l->nr] = NULL;
    va_end (args);
  }
  l->nr++;
}

struct argument_list *
argument_list_finish (struct argument_list *l)
{
  bool whole = l && l->nr <= ARGUMENT_LIST_MAX;

  for (size_t i = 0; whole && i < l->nr; i++)
    whole = l->argv[i] != NULL;
  if (whole)
    return l;
  if (l && l->nr > ARGUMENT_LIST_MAX)
    report_error (ERROR_OPTION_VALUE,
                  "a command line has more than %d arguments", ARGUMENT_LIST_MAX);
  else
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  argument_list_free (l);
  return NULL;
}
