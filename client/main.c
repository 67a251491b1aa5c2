/* SPDX-License-Identifier: MIT */
/* flash-live-remote: replace the boot disk of a running board by an image. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <libnbd.h>
#include <libssh/libssh.h>

#include "commands.h"
#include "interrupt.h"
#include "messages.h"
#include "report.h"

/* stdout carries data, and there is none but this. */
static enum exit_status
print (const char *text)
{
  if (fputs (text, stdout) == EOF || fflush (stdout) == EOF) {
    report_error ("stdout: %s", strerror (errno));
    return STATUS_NOT_WRITTEN;
  }
  return STATUS_DONE;
}

static enum exit_status
print_version (void)
{
  char text[256];
  struct nbd_handle *nbd = nbd_create ();

  snprintf (text, sizeof text, "%s %s\nlibssh %s\nlibnbd %s\n",
            MESSAGE_PROGRAM, PACKAGE_VERSION, ssh_version (0),
            nbd ? nbd_get_version (nbd) : "unknown");
  nbd_close (nbd);
  return print (text);
}

static enum exit_status
run (const struct options *options)
{
  if (interrupt_init () == -1) {
    report_error ("%s", strerror (errno));
    return STATUS_NOT_WRITTEN;
  }
  switch (options->command) {
  case COMMAND_FLASH: return flash_command (options);
  case COMMAND_STATUS: return status_command (options);
  case COMMAND_ABANDON: return abandon_command (options);
  case COMMAND_VERIFY: return verify_command (options);
  }
  return STATUS_USAGE;
}

int
main (int argc, char *argv[])
{
  struct options options;
  enum exit_status status = STATUS_USAGE;

  message_init (VERBOSITY_NORMAL);
  switch (options_parse (argc, argv, &options)) {
  case OPTIONS_HELP:
    status = print (options_help ());
    break;
  case OPTIONS_VERSION:
    status = print_version ();
    break;
  case OPTIONS_BAD:
    break;
  case OPTIONS_GO_ON:
    message_init (options.verbosity);
    status = run (&options);
    break;
  }
  options_release (&options);
  return status;
}
