/* SPDX-License-Identifier: MIT */
/* The command line of a program, put together argument by argument. */

#ifndef FLASH_ARGUMENT_LIST_H
#define FLASH_ARGUMENT_LIST_H

#include <stddef.h>

#define ARGUMENT_LIST_MAX 320

struct argument_list
{
  char *argv[ARGUMENT_LIST_MAX + 1];    /* owned; a NULL at the end */
  size_t nr;
};

/* NULL: no memory, which the others take, and argument_list_finish reports. */
struct argument_list *argument_list_new (void);
void argument_list_free (struct argument_list *list);   /* NULL is allowed */

void argument_list_add (struct argument_list *list, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 2, 3)));

/* LIST, whole; else NULL after a report, and LIST is freed. */
struct argument_list *argument_list_finish (struct argument_list *list);

#endif
