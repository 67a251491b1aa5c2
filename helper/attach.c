/* SPDX-License-Identifier: MIT */
/* Hands the three descriptors of an SSH channel to the session and stays as
 * long as the session wants the channel: sshd ends it when this process ends. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "fd-passing.h"
#include "file-io.h"
#include "report.h"
#include "request.h"
#include "status-record.h"

/* The session answers only when it refuses: a line of text.  Else it keeps the
 * connection until the channel is used up. */
static int
wait_for_end (int sock)
{
  char refusal[256];
  ssize_t r = full_read (sock, refusal, sizeof refusal - 1);

  if (r == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "attach: the session is gone: %s", strerror (errno));
    return 1;
  }
  if (r == 0)
    return 0;
  refusal[r] = '\0';
  refusal[strcspn (refusal, "\n")] = '\0';
  report_error (ERROR_SESSION_FAILED, "attach: %s", refusal);
  return 1;
}

int
attach_command (int argc, char **argv)
{
  static const char request[] = "attach\n";
  const int channel[3] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
  CLEANUP_CLOSE int sock = -1;

  (void) argv;
  if (argc != 1) {
    report_error (ERROR_BUILD_MISMATCH, "usage: attach [-r DIR]");
    return 1;
  }
  sock = request_connect ();
  if (sock == -1) {
    report_error (ERROR_SESSION_FAILED,
                  "attach: no session answers at %s/socket: %s", ram_root,
                  strerror (errno));
    return 1;
  }
  if (full_write (STDOUT_FILENO, FLASH_TUNNEL_MARKER,
                  strlen (FLASH_TUNNEL_MARKER)) == -1
      || fd_passing_send (sock, request, sizeof request - 1, channel, 3) == -1) {
    report_error (ERROR_SESSION_FAILED, "attach: %s", strerror (errno));
    return 1;
  }
  return wait_for_end (sock);
}
