/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "scan-buffer.h"

void
scan_writer_bytes (struct scan_writer *w, const void *buf, size_t len)
{
  if (w->failed || len == 0)
    return;
  if (len > w->room - w->len) {
    size_t room = w->room ? w->room : 4096;

    while (room - w->len < len && room <= SIZE_MAX / 2)
      room *= 2;
    unsigned char *p = room - w->len < len ? NULL : realloc (w->data, room);
    if (!p) {
      w->failed = true;
      return;
    }
    w->data = p;
    w->room = room;
  }
  memcpy (w->data + w->len, buf, len);
  w->len += len;
}

void
scan_writer_u64 (struct scan_writer *w, uint64_t value)
{
  unsigned char bytes[8];

  for (int i = 0; i < 8; i++)
    bytes[i] = (unsigned char) (value >> 8 * i);
  scan_writer_bytes (w, bytes, sizeof bytes);
}

const void *
scan_reader_bytes (struct scan_reader *r, size_t len)
{
  const unsigned char *p = r->data;

  if (r->failed || len > r->len) {
    r->failed = true;
    return NULL;
  }
  r->data += len;
  r->len -= len;
  return p;
}

uint64_t
scan_reader_u64 (struct scan_reader *r)
{
  const unsigned char *p = scan_reader_bytes (r, 8);
  uint64_t value = 0;

  if (p)
    for (int i = 7; i >= 0; i--)
      value = value << 8 | p[i];
  return value;
}
