/* SPDX-License-Identifier: MIT */
/* flash-live-remote --print-config [HOST]: what holds for a board, and says who. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "message-sink.h"
#include "report.h"
#include "setting-show.h"

enum exit_status
print_config_command (const struct options *options)
{
  if (!message_sink_is_text ()) {
    setting_record_all (options);
    return STATUS_DONE;
  }
  setting_show_file (options, stdout);
  if (fflush (stdout) == 0 && !ferror (stdout))
    return STATUS_DONE;
  report_error (ERROR_OUTPUT_FAILED, "stdout: %s", strerror (errno));
  return STATUS_NOT_WRITTEN;
}
