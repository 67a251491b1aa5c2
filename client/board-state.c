/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stddef.h>

#include "board-state.h"
#include "message-sink.h"

const char *
written_name (enum written written)
{
  static const char *const names[] = {
    [WRITTEN_NO] = "no", [WRITTEN_UNKNOWN] = "unknown",
    [WRITTEN_MAYBE] = "maybe", [WRITTEN_PARTLY] = "partly", [WRITTEN_YES] = "yes",
  };

  return names[written];
}

void
board_state_record (enum written written, bool resumable, const char *disk)
{
  message_record ("board_state", "written", written_name (written),
                  "resumable", record_bool (resumable), "disk", disk, NULL);
}
