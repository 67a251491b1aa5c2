/* SPDX-License-Identifier: MIT */
/* Lines from a descriptor, as they come. */

#ifndef FLASH_LINE_READER_H
#define FLASH_LINE_READER_H

#include <stddef.h>

#define LINE_READER_MAX (256 * 1024)    /* bytes of a line; the rest is cut off */

struct line_reader
{
  char *text;                   /* NULL: nothing yet */
  size_t len, size;
};

typedef void (*line_fn) (void *opaque, char *line);

/* Take what FD has now (it waits if FD does) and give each line that is complete to
 * TAKE, without its newline, NUL bytes left out.  1; 0 at the end of the file, with
 * the last line given even without a newline; -1 with errno. */
int line_reader_read (struct line_reader *r, int fd, line_fn take, void *opaque);
/* The same of TEXT, LEN bytes. */
void line_reader_add (struct line_reader *r, const char *text, size_t len,
                      line_fn take, void *opaque);
void line_reader_release (struct line_reader *r);

#endif
