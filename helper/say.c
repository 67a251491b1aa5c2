/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "report.h"
#include "say.h"
#include "status-record.h"

#define SAY_PAIRS 8

/* Set by the thread that writes, read by any thread that reports. */
static const char *_Atomic disk_written = "no";

/* The session's pipe, or -1: then there is nobody but a person on stderr. */
static int
status_fd (void)
{
  const char *value = getenv ("FLASH_STATUS_FD");
  char *end;

  if (!value || *value < '0' || *value > '9')
    return -1;
  long fd = strtol (value, &end, 10);
  return *end == '\0' && fd <= 65535 ? (int) fd : -1;
}

/* A pipe takes a record whole or not at all, so there is no short write. */
static void
send_record (int fd, const char *type, const char *const fields[])
{
  char line[STATUS_RECORD_MAX + 1];
  size_t len = status_format (line, type, fields);
  ssize_t r;

  do
    r = write (fd, line, len);
  while (r == -1 && errno == EINTR);
}

void
say (const char *type, ...)
{
  const int saved_errno = errno;
  const char *fields[2 * SAY_PAIRS + 1] = { NULL };
  const int fd = status_fd ();
  va_list args;

  if (fd == -1)
    return;
  va_start (args, type);
  for (size_t i = 0; i < 2 * SAY_PAIRS; i++) {
    fields[i] = va_arg (args, const char *);
    if (!fields[i])
      break;
  }
  va_end (args);
  send_record (fd, type, fields);
  errno = saved_errno;
}

void
say_phase (const char *name)
{
  say ("phase", "name", name, NULL);
}

void
say_progress (const char *phase, uint64_t done, uint64_t total)
{
  char done_text[24], total_text[24];

  snprintf (done_text, sizeof done_text, "%llu", (unsigned long long) done);
  snprintf (total_text, sizeof total_text, "%llu", (unsigned long long) total);
  say ("progress", "phase", phase, "done", done_text, "total", total_text,
       NULL);
}

void
say_set_written (const char *written)
{
  disk_written = written;
}

const char *
say_written (void)
{
  return disk_written;
}

void
report_error (enum error_code code, const char *fmt, ...)
{
  const int saved_errno = errno;
  char text[2048];
  va_list args;

  va_start (args, fmt);
  vsnprintf (text, sizeof text, fmt, args);
  va_end (args);
  if (status_fd () >= 0)
    say ("error", "text", text, "code", error_code_name (code), "written",
         disk_written, NULL);
  else
    fprintf (stderr, "flash-helper: %s\n", text);
  errno = saved_errno;
}

int
say_command (int argc, char **argv)
{
  const char *fields[2 * SAY_PAIRS + 1] = { NULL };
  const int fd = status_fd ();

  if (argc < 2 || argc - 2 > SAY_PAIRS) {
    report_error (ERROR_BUILD_MISMATCH,
                  "say: usage: say TYPE KEY=VALUE... (at most %d)", SAY_PAIRS);
    return 1;
  }
  if (fd == -1) {
    report_error (ERROR_BUILD_MISMATCH,
                  "say: there is no session (FLASH_STATUS_FD is not set)");
    return 1;
  }
  for (int i = 2; i < argc; i++) {
    char *equals = strchr (argv[i], '=');

    if (!equals) {
      report_error (ERROR_BUILD_MISMATCH, "say: %s: not KEY=VALUE", argv[i]);
      return 1;
    }
    *equals = '\0';
    fields[2 * (i - 2)] = argv[i];
    fields[2 * (i - 2) + 1] = equals + 1;
  }
  send_record (fd, argv[1], fields);
  return 0;
}
