/* SPDX-License-Identifier: MIT */
#include <config.h>

#include "board-state.h"
#include "message-sink.h"
#include "session-record.h"

/* What the board says, and as what it is passed on. */
static const struct { const char *from, *to; } keys[] = {
  { "session", "session" }, { "state", "state" }, { "attached", "attached" },
  { "mode", "mode" }, { "target-name", "disk" }, { "target-size", "disk_size" },
  { "root-disk", "root_disk" }, { "reboot", "reboots" }, { "image", "image" },
  { "format", "format" }, { "stored-size", "stored_size" },
  { "disk-size", "image_size" }, { "stored-digest", "digest" },
  { "verify", "verify" }, { "lifeboat", "lifeboat_state" }, { "phase", "phase" },
  { "done", "done" }, { "total", "total" },
};
#define NR_KEYS (sizeof keys / sizeof *keys)

static enum written
written_of (const struct session_report *r)
{
  switch (session_status_stage (r)) {
  case STAGE_UNWRITTEN: return WRITTEN_NO;
  case STAGE_PARTLY_WRITTEN: return WRITTEN_PARTLY;
  case STAGE_WRITTEN: return WRITTEN_YES;
  }
  return WRITTEN_UNKNOWN;
}

void
session_record (const struct session_report *r)
{
  const char *fields[2 * (NR_KEYS + 1) + 1];
  size_t n = 0;

  if (!r) {
    message_record ("session", "state", "none", NULL);
    return;
  }
  for (size_t i = 0; i < NR_KEYS; i++) {
    const char *value = session_status_get (r, keys[i].from);

    if (!*value)
      continue;
    fields[n++] = keys[i].to;
    fields[n++] = value;
  }
  fields[n++] = "written";
  fields[n++] = written_name (written_of (r));
  fields[n] = NULL;
  message_record_fields ("session", fields);
}
