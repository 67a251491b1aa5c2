/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line-reader.h"

/* Room for one more byte and a NUL; false: the line is as long as it may be. */
static bool
make_room (struct line_reader *r)
{
  char *more;

  if (r->len + 1 < r->size)
    return true;
  if (r->size >= LINE_READER_MAX)
    return false;
  more = realloc (r->text, r->size ? 2 * r->size : 1024);
  if (!more)
    return false;
  r->size = r->size ? 2 * r->size : 1024;
  r->text = more;
  return true;
}

static void
give (struct line_reader *r, line_fn take, void *opaque)
{
  if (r->text) {
    r->text[r->len] = '\0';
    take (opaque, r->text);
  }
  r->len = 0;
}

void
line_reader_add (struct line_reader *r, const char *text, size_t len,
                 line_fn take, void *opaque)
{
  for (size_t i = 0; i < len; i++)
    if (text[i] == '\n') {
      if (make_room (r) || r->len > 0)
        give (r, take, opaque);
    }
    else if (text[i] != '\0' && make_room (r))
      r->text[r->len++] = text[i];
}

int
line_reader_read (struct line_reader *r, int fd, line_fn take, void *opaque)
{
  char buf[16384];
  ssize_t n = read (fd, buf, sizeof buf);

  if (n > 0)
    line_reader_add (r, buf, (size_t) n, take, opaque);
  if (n == 0 && r->len > 0)
    give (r, take, opaque);
  explicit_bzero (buf, n > 0 ? (size_t) n : 0);
  if (n == -1 && (errno == EAGAIN || errno == EINTR))
    return 1;
  return n > 0 ? 1 : (int) n;
}

void
line_reader_release (struct line_reader *r)
{
  if (r->text)
    explicit_bzero (r->text, r->size);
  free (r->text);
  *r = (struct line_reader) { .text = NULL };
}
