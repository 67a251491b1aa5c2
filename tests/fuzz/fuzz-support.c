/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "file-io.h"
#include "fuzz-support.h"
#include "report.h"

static atomic_uint reports;

/* The text is made, so that a bad format string is found, and dropped. */
void
report_error (enum error_code code, const char *fmt, ...)
{
  const int saved = errno;
  char text[1024];
  va_list args;

  FUZZ_CHECK (code < ERROR_CODES);
  va_start (args, fmt);
  int n = vsnprintf (text, sizeof text, fmt, args);
  va_end (args);
  FUZZ_CHECK (n > 0);
  atomic_fetch_add (&reports, 1);
  errno = saved;
}

unsigned
fuzz_reports (void)
{
  return atomic_load (&reports);
}

void
fuzz_broken (const char *file, int line, const char *condition)
{
  fprintf (stderr, "%s:%d: this does not hold: %s\n", file, line, condition);
  abort ();
}

void
fuzz_file_init (struct fuzz_file *file, const uint8_t *data, size_t size)
{
  memset (file, 0, sizeof *file);
  if (size >= CONTROL_SIZE) {
    size -= CONTROL_SIZE;
    memcpy (file->control, data + size, CONTROL_SIZE);
  }
  file->data = malloc (size + 1);
  FUZZ_CHECK (file->data);
  if (size > 0)
    memcpy (file->data, data, size);
  file->len = size;
}

void
fuzz_file_free (struct fuzz_file *file)
{
  free (file->data);
}

void
fuzz_file_force (struct fuzz_file *file, const void *magic, size_t len)
{
  memcpy (file->data, magic, len < file->len ? len : file->len);
}

int
fuzz_memory_file (const void *data, size_t len)
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);

  FUZZ_CHECK (fd >= 0);
  FUZZ_CHECK (full_write (fd, data, len) == 0);
  return fd;
}
