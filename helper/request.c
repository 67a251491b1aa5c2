/* SPDX-License-Identifier: MIT */
/* The commands that ask the session process for one thing. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "file-io.h"
#include "report.h"
#include "request.h"
#include "status-record.h"

#define ANSWER_SIZE (STATUS_RECORD_MAX + 1)
#define HEARD_PATIENCE 15       /* seconds; it answers within 5 */

int
request_connect (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  CLEANUP_CLOSE int sock = -1;
  int n = snprintf (address.sun_path, sizeof address.sun_path, "%s/socket",
                    ram_root);

  if (n < 0 || (size_t) n >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  sock = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (sock == -1)
    return -1;
  if (connect (sock, (const struct sockaddr *) &address, sizeof address) == -1)
    return -1;

  const int connected = sock;
  sock = -1;
  return connected;
}

/* Read up to the newline, or to the end of a last line without one. */
static int
read_answer (int sock, char *answer, size_t size)
{
  size_t n = 0;

  while (n < size) {
    ssize_t r = read (sock, answer + n, 1);

    if (r == -1 && errno == EINTR)
      continue;
    if (r == -1)
      return -1;
    if (r == 0 && n == 0) {
      errno = EPIPE;
      return -1;
    }
    if (r == 0 || answer[n] == '\n') {
      answer[n] = '\0';
      return 0;
    }
    n++;
  }
  errno = EMSGSIZE;
  return -1;
}

int
request_line (const char *line, char *answer, size_t size)
{
  CLEANUP_CLOSE int sock = request_connect ();

  if (sock == -1 || full_write (sock, line, strlen (line)) == -1)
    return -1;
  return read_answer (sock, answer, size);
}

/* The answer to LINE, the request VERB; -1 after a report, also of a
 * refusal. */
static int
ask (const char *verb, const char *line, char answer[ANSWER_SIZE])
{
  if (request_line (line, answer, ANSWER_SIZE) == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "%s: no session answers at %s/socket: %s", verb, ram_root,
                  strerror (errno));
    return -1;
  }
  if (strncmp (answer, "error ", 6) != 0)
    return 0;
  report_error (ERROR_ORDER_NOT_TAKEN, "%s", answer + 6);
  return -1;
}

/* go SESSION, abort SESSION, status: `ok` or a record on stdout. */
int
request_command (int argc, char **argv)
{
  const char *verb = argv[0];
  const int wants_session = strcmp (verb, "status") != 0;
  char line[128], answer[ANSWER_SIZE];

  if (argc != 1 + wants_session
      || (wants_session
          && (strlen (argv[1]) > 64 || strpbrk (argv[1], " \n")))) {
    report_error (ERROR_BUILD_MISMATCH, "usage: %s [-r DIR]%s", verb,
                  wants_session ? " SESSION" : "");
    return 1;
  }
  snprintf (line, sizeof line, wants_session ? "%s %s\n" : "%s\n", verb,
            wants_session ? argv[1] : "");
  if (ask (verb, line, answer) == -1)
    return 1;
  if (puts (answer) == EOF || fflush (stdout) == EOF) {
    report_error (ERROR_SESSION_FAILED, "%s: stdout: %s", verb, strerror (errno));
    return 1;
  }
  return 0;
}

/* lifeboat-hold, lifeboat-release: quiet when it worked, for flash.sh. */
int
lifeboat_command (int argc, char **argv)
{
  char line[64], answer[ANSWER_SIZE];

  (void) argc;
  snprintf (line, sizeof line, "%s\n", argv[0]);
  return ask (argv[0], line, answer) == -1;
}

/* Quiet when the answer is no: flash.sh then knows that it was aborted. */
int
wait_for_go_command (int argc, char **argv)
{
  char answer[16];

  (void) argc;
  (void) argv;
  if (request_line ("wait-for-go\n", answer, sizeof answer) == -1)
    return 1;
  return strcmp (answer, "go") == 0 ? 0 : 1;
}

/* A session process that hangs must not keep the board from its reboot. */
int
wait_until_heard_command (int argc, char **argv)
{
  char answer[16];

  (void) argc;
  (void) argv;
  alarm (HEARD_PATIENCE);
  return request_line ("wait-until-heard\n", answer, sizeof answer) == -1;
}
