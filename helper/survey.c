/* SPDX-License-Identifier: MIT */
/* `survey SIZE`: tells a client what is on the disk, and changes nothing. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "digest.h"
#include "file-io.h"
#include "report.h"
#include "status-record.h"
#include "survey.h"
#include "target.h"

/* A client that is gone without a word must not keep the RAM root. */
#define SILENCE_SECONDS 600
#define NICE 10
/* ioprio_set(2), which has no header everywhere. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_CLASS_IDLE (3 << 13)

#define ANSWER_CONTENT '\0'
#define ANSWER_REASON '\1'

/* -- Questions ------------------------------------------------------------ */

/* Take a decimal number and END, the character behind it, off *TEXT. */
static bool
take_number (const char **text, char end, uint64_t *number)
{
  const char *p = *text;

  *number = 0;
  if (*p < '0' || *p > '9')
    return false;
  for (; *p >= '0' && *p <= '9'; p++)
    if (__builtin_mul_overflow (*number, 10, number)
        || __builtin_add_overflow (*number, (uint64_t) (*p - '0'), number))
      return false;
  if (*p != end)
    return false;
  *text = p + 1;
  return true;
}

static bool
take_numbers (const char *text, uint64_t *first, uint64_t *second)
{
  return take_number (&text, ' ', first) && take_number (&text, '\n', second)
         && *text == '\0';
}

/* `digests FIRST COUNT`: chunks.  The disk may end inside of its last one. */
static bool
take_chunks (const char *text, uint64_t size, struct survey_question *q)
{
  const uint64_t chunks = digest_chunks (size);
  uint64_t first, count;

  if (!take_numbers (text, &first, &count) || count < 1
      || count > FLASH_SURVEY_CHUNKS || first >= chunks || count > chunks - first)
    return false;
  q->subject = SURVEY_DIGESTS;
  q->offset = first * DIGEST_CHUNK;
  q->length = count * DIGEST_CHUNK;
  if (q->length > size - q->offset)
    q->length = size - q->offset;
  return true;
}

/* `read OFFSET LENGTH`: bytes, from where direct I/O can begin. */
static bool
take_bytes (const char *text, uint64_t size, struct survey_question *q)
{
  if (!take_numbers (text, &q->offset, &q->length) || q->length < 1
      || q->length > DIGEST_CHUNK || q->offset % TARGET_BUFFER_ALIGNMENT != 0
      || q->offset >= size || q->length > size - q->offset)
    return false;
  q->subject = SURVEY_BYTES;
  return true;
}

bool
survey_parse_question (const char *line, uint64_t size,
                       struct survey_question *question)
{
  static const char digests[] = "digests ", bytes[] = "read ";

  if (strncmp (line, digests, sizeof digests - 1) == 0)
    return take_chunks (line + sizeof digests - 1, size, question);
  if (strncmp (line, bytes, sizeof bytes - 1) == 0)
    return take_bytes (line + sizeof bytes - 1, size, question);
  return false;
}

/* -- Answers -------------------------------------------------------------- */

static int
answer (char verdict, const void *content, size_t len)
{
  alarm (SILENCE_SECONDS);
  return full_write (STDOUT_FILENO, &verdict, 1) == -1 ? -1
         : full_write (STDOUT_FILENO, content, len);
}

static int
answer_reason (int error, size_t len, uint64_t offset)
{
  char text[160];
  int n = snprintf (text, sizeof text,
                    "%zu bytes at offset %" PRIu64 " cannot be read: %s\n", len,
                    offset, strerror (error));

  return answer (ANSWER_REASON, text, (size_t) n);
}

/* Never more than one chunk at a time: the disk belongs to others. */
static int
answer_chunk (struct target *target, enum survey_subject subject,
              uint64_t offset, size_t len, unsigned char *buf)
{
  unsigned char digest[DIGEST_SIZE];

  if (target_read_medium (target, buf, len, offset) == -1)
    return answer_reason (errno, len, offset);
  if (subject == SURVEY_BYTES)
    return answer (ANSWER_CONTENT, buf, len);
  digest_of (buf, len, digest);
  return answer (ANSWER_CONTENT, digest, sizeof digest);
}

static int
answer_question (struct target *target, const struct survey_question *q,
                 unsigned char *buf)
{
  for (uint64_t done = 0; done < q->length; done += DIGEST_CHUNK) {
    const uint64_t rest = q->length - done;

    if (answer_chunk (target, q->subject, q->offset + done,
                      rest < DIGEST_CHUNK ? (size_t) rest : DIGEST_CHUNK,
                      buf) == -1)
      return -1;
  }
  return 0;
}

/* Until the client sends no more: 0.  A client that does not want to hear the
 * answers is gone: -1, and there is nobody to tell. */
static int
answer_all (struct target *target, unsigned char *buf)
{
  char line[SURVEY_LINE_MAX + 1];
  struct survey_question question;

  for (;;) {
    alarm (SILENCE_SECONDS);
    if (!fgets (line, sizeof line, stdin))
      return ferror (stdin) ? -1 : 0;
    if (!survey_parse_question (line, target->size, &question)) {
      report_error (ERROR_BOARD_ANSWER,
                    "survey: this is no question about a disk of %" PRIu64
                    " bytes", target->size);
      return -1;
    }
    if (answer_question (target, &question, buf) == -1)
      return -1;
  }
}

/* What runs on the board goes first.  Best effort: a kernel without priorities
 * for I/O has nothing to set. */
static void
be_modest (void)
{
  if (setpriority (PRIO_PROCESS, 0, NICE) == -1)
    return;
  syscall (SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_IDLE);
}

static int
survey (uint64_t size)
{
  static const char marker[] = FLASH_SURVEY_MARKER;
  CLEANUP_FREE unsigned char *buf = target_new_buffer (DIGEST_CHUNK);
  struct target target;
  char path[PATH_MAX];
  int result = -1;

  if (!buf)
    return 1;
  snprintf (path, sizeof path, "%s/dev/target", ram_root);
  be_modest ();
  if (target_open (&target, path, false, size, 0) == 0
      && full_write (STDOUT_FILENO, marker, sizeof marker - 1) == 0)
    result = answer_all (&target, buf);
  target_close (&target);
  return result != 0;
}

int
survey_command (int argc, char **argv)
{
  const char *text = argc == 2 ? argv[1] : "";
  uint64_t size;

  if (!take_number (&text, '\0', &size) || size == 0) {
    report_error (ERROR_BUILD_MISMATCH, "usage: survey [-r DIR] SIZE");
    return 1;
  }
  return survey (size);
}
