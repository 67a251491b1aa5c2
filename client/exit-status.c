/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "exit-status.h"

const char *
exit_status_name (enum exit_status status)
{
  switch (status) {
  case STATUS_DONE: return "done";
  case STATUS_USAGE: return "usage";
  case STATUS_NOT_WRITTEN: return "not_written";
  case STATUS_INTERRUPTED: return "interrupted";
  case STATUS_PARTLY_WRITTEN: return "partly_written";
  case STATUS_DIFFERS: return "differs";
  case STATUS_SOME_DONE: return "some_done";
  case STATUS_NOT_BACK: return "not_back";
  case STATUS_COMMAND_FAILED: return "command_failed";
  }
  return "not_written";
}
