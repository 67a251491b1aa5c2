/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "kernel-log.h"

/* The log can only be read forwards.  A record is 8 KiB at most, and the largest
 * log that is usual has fewer of them than this. */
#define RECORD_SIZE 8192
#define RECORDS_MAX 200000

struct last_lines
{
  size_t next;                  /* counts up; modulo KERNEL_LOG_LINES */
  char lines[KERNEL_LOG_LINES][KERNEL_LOG_LINE];
};

static bool
is_about (const char *message, const char *disk)
{
  return (*disk && strstr (message, disk)) || strstr (message, "I/O error")
         || strstr (message, "blk_update_request") || strstr (message, "mmc");
}

static void
keep_line (struct last_lines *last, const char *message)
{
  char *line = last->lines[last->next++ % KERNEL_LOG_LINES];

  snprintf (line, KERNEL_LOG_LINE, "%s", message);
  for (; *line; line++)
    if ((unsigned char) *line < ' ' || *line == 127)
      *line = '?';
}

/* LEVEL,NUMBER,TIME,FLAGS;MESSAGE, then lines with the device. */
static void
take_record (struct last_lines *last, char *record, const char *disk)
{
  char *message = strchr (record, ';');

  if (!message)
    return;
  message++;
  message[strcspn (message, "\n")] = '\0';
  if (is_about (message, disk))
    keep_line (last, message);
}

void
kernel_log_read (int fd, const char *disk, char text[KERNEL_LOG_SIZE])
{
  struct last_lines last = { .next = 0 };
  char record[RECORD_SIZE + 1];
  size_t n = 0;

  for (int i = 0; i < RECORDS_MAX; i++) {
    ssize_t r = read (fd, record, RECORD_SIZE);

    /* EPIPE: the log has overtaken us; the next read goes on behind. */
    if (r == -1 && (errno == EPIPE || errno == EINTR))
      continue;
    if (r <= 0)
      break;
    record[r] = '\0';
    take_record (&last, record, disk);
  }
  text[0] = '\0';
  for (size_t i = last.next < KERNEL_LOG_LINES ? 0
                                               : last.next - KERNEL_LOG_LINES;
       i < last.next; i++)
    n += (size_t) snprintf (text + n, KERNEL_LOG_SIZE - n, "%s%s",
                            n > 0 ? "|" : "", last.lines[i % KERNEL_LOG_LINES]);
}

void
kernel_log_about (const char *disk, char text[KERNEL_LOG_SIZE])
{
  CLEANUP_CLOSE int fd = open ("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

  text[0] = '\0';
  if (fd >= 0)
    kernel_log_read (fd, disk, text);
}
