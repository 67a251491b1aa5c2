/* SPDX-License-Identifier: MIT */
/* flash-live-remote: replace the boot disk of a running board by an image. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "first-boot.h"
#include "interrupt.h"
#include "library-versions.h"
#include "message-sink.h"
#include "messages.h"
#include "prompt.h"
#include "report.h"
#include "setting-show.h"

/* stdout carries data only: this, and what status and images tell. */
static enum exit_status
print (const char *text)
{
  if (fputs (text, stdout) == EOF || fflush (stdout) == EOF) {
    report_error (ERROR_OUTPUT_FAILED, "stdout: %s", strerror (errno));
    return STATUS_NOT_WRITTEN;
  }
  return STATUS_DONE;
}

static enum exit_status
print_version (void)
{
  char libraries[LIBRARY_VERSIONS_MAX];
  char text[sizeof libraries + 64];

  snprintf (text, sizeof text, "%s %s\n%s", MESSAGE_PROGRAM, PACKAGE_VERSION,
            library_versions (libraries));
  return print (text);
}

static enum exit_status
run_command (const struct options *options, int *command_status)
{
  switch (options->command) {
  case COMMAND_FLASH:
    return options->nr_boards > 1 ? fleet_command (options)
                                  : flash_command (options, NULL, command_status);
  case COMMAND_STATUS: return status_command (options);
  case COMMAND_ABANDON: return abandon_command (options);
  case COMMAND_VERIFY: return verify_command (options);
  case COMMAND_IMAGES: return images_command (options);
  case COMMAND_PRINT_CONFIG: return print_config_command (options);
  }
  return STATUS_USAGE;
}

/* The file of --config is part of what was asked for: one that is wrong is wrong
 * usage. */
static enum exit_status
run (struct options *options, int *command_status)
{
  struct first_boot first_boot;
  enum exit_status status = STATUS_USAGE;
  const bool reads_file = options->command == COMMAND_FLASH && options->first_boot_file
                          && options->nr_boards == 1; /* else each board's own */

  if (interrupt_init () == -1) {
    report_error (ERROR_SYSTEM_FAILED, "%s", strerror (errno));
    return STATUS_NOT_WRITTEN;
  }
  if (!reads_file)
    return run_command (options, command_status);
  if (first_boot_read (&first_boot, options->first_boot_file) == 0
      && first_boot_check_options (&first_boot, options, 1) == 0) {
    options->first_boot = &first_boot;
    status = run_command (options, command_status);
    options->first_boot = NULL;
  }
  first_boot_release (&first_boot);
  return status;
}

/* Before the options are parsed, so that what is wrong with them is a record. */
static bool
wants_json (int argc, char *argv[])
{
  for (int i = 1; i < argc && strcmp (argv[i], "--") != 0; i++)
    if (strcmp (argv[i], "--json") == 0)
      return true;
  return false;
}

static void
record_start (const struct options *o)
{
  static const char *const commands[] = {
    [COMMAND_FLASH] = "flash", [COMMAND_STATUS] = "status",
    [COMMAND_ABANDON] = "abandon", [COMMAND_VERIFY] = "verify",
    [COMMAND_IMAGES] = "images", [COMMAND_PRINT_CONFIG] = "print_config",
  };

  message_record ("start", "program", MESSAGE_PROGRAM " " PACKAGE_VERSION,
                  "command", commands[o->command], "boards",
                  RECORD_NUMBER (o->nr_boards), NULL);
}

static void
record_result (enum exit_status status, int exit_status, long begun)
{
  enum error_code code;
  const char *error = message_said_error (&code);

  if (status == STATUS_DONE)
    error = NULL;
  message_record ("result", "status", exit_status_name (status),
                  "exit_status", RECORD_NUMBER ((uint64_t) exit_status), "seconds",
                  RECORD_NUMBER ((uint64_t) (clock_seconds () - begun)),
                  "code", error ? error_code_name (code) : "",
                  "text", error ? error : "", NULL);
}

/* What the program ends with: the command of --run speaks for itself, of one board. */
static int
run_and_record (struct options *options)
{
  const long begun = clock_seconds ();
  enum exit_status status;
  int command_status = 0, result;

  message_init (options->verbosity);
  if (options->json) {
    message_sink_json_set_board (options->nr_boards > 1 ? NULL : options->host);
    prompt_set_way (NULL);
  }
  else
    message_sink_set (NULL);    /* it was another option's value */
  record_start (options);
  status = run (options, &command_status);
  if ((status == STATUS_NOT_WRITTEN || status == STATUS_USAGE) && options->nr_boards == 1)
    setting_remind (options);
  result = status == STATUS_COMMAND_FAILED && command_status != 0 ? command_status
           : (int) status;
  record_result (status, result, begun);
  return result;
}

int
main (int argc, char *argv[])
{
  struct options options;
  int status = STATUS_USAGE;

  if (wants_json (argc, argv))
    message_sink_set (message_sink_json (STDOUT_FILENO));
  message_init (VERBOSITY_NORMAL);
  switch (options_parse (argc, argv, &options)) {
  case OPTIONS_HELP:
    status = print (options_help ());
    break;
  case OPTIONS_VERSION:
    status = print_version ();
    break;
  case OPTIONS_BAD:
    record_result (STATUS_USAGE, status, clock_seconds ());
    break;
  case OPTIONS_GO_ON:
    status = run_and_record (&options);
    break;
  }
  options_release (&options);
  return status;
}
