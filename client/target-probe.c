/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "helper-files.h"
#include "messages.h"
#include "report.h"
#include "shell-quote.h"
#include "ssh-exec.h"
#include "target-probe.h"
#include "terminal-text.h"

#define MARK_BEGIN "FLR1-PROBE-BEGIN\n"
#define MARK_END "\nFLR1-PROBE-END"
#define PROBE_SECONDS 60        /* an emulated board is slow */
#define SECTOR 512

static const char begin_mark[] = MARK_BEGIN;

static uint64_t
to_number (const char *text)
{
  char *end;

  errno = 0;
  unsigned long long n = strtoull (text, &end, 10);
  return isdigit ((unsigned char) *text) && errno == 0 ? n : 0;
}

/* Bytes of N units; what overflows is no size. */
static uint64_t
to_bytes (const char *text, uint64_t unit)
{
  uint64_t n = to_number (text);

  return n > INT64_MAX / unit ? 0 : n * unit;
}

static const char *
next_field (char **rest)
{
  const char *field = strsep (rest, " ");

  return field ? field : "";
}

/* The kernel writes blanks in paths as \040 and the like. */
static void
decode_octal (char *text)
{
  char *out = text;

  for (const char *in = text; *in; in++) {
    if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0'
        && in[2] <= '7' && in[3] >= '0' && in[3] <= '7') {
      *out++ = (char) ((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
      in += 3;
    }
    else
      *out++ = *in;
  }
  *out = '\0';
  terminal_text_clean (text);
}

static void
take_partition (struct target_probe *p, char *value)
{
  struct probe_partition *part = &p->partitions[p->nr_partitions];

  if (p->nr_partitions == PROBE_PARTITIONS_MAX)
    return;
  p->nr_partitions++;
  part->name = next_field (&value);
  part->start = to_bytes (next_field (&value), SECTOR);
  part->size = to_bytes (next_field (&value), SECTOR);
}

static void
take_mount (struct target_probe *p, char *value, bool swap)
{
  struct probe_mount *mount = &p->mounts[p->nr_mounts];

  if (p->nr_mounts == PROBE_MOUNTS_MAX)
    return;
  p->nr_mounts++;
  mount->device = next_field (&value);
  mount->type = swap ? "swap" : next_field (&value);
  mount->point = NULL;
  if (!swap && value)
    decode_octal (value);
  if (!swap)
    mount->point = value ? value : "";
}

static void
take_upon (struct target_probe *p, char *value)
{
  struct probe_upon *upon = &p->upon[p->nr_upon];

  if (p->nr_upon == PROBE_UPON_MAX)
    return;
  p->nr_upon++;
  upon->partition = next_field (&value);
  upon->device = next_field (&value);
  upon->label = value ? value : "";
}

static void
take_other (struct target_probe *p, char *value)
{
  struct probe_other *other = &p->others[p->nr_others];

  if (p->nr_others == PROBE_OTHERS_MAX)
    return;
  p->nr_others++;
  other->disk = next_field (&value);
  other->label = value ? value : "";
}

static void
take_session (struct target_probe *p, char *value)
{
  p->has_session = status_parse (value, &p->session)
                   && strcmp (p->session.type, "session") == 0;
  if (p->has_session)
    for (unsigned i = 0; i < p->session.nr_fields; i++)
      terminal_text_clean (p->session.fields[i].value);
}

/* The keys whose value is kept as text. */
static const struct { const char *key; size_t offset; } text_keys[] = {
#define TEXT(key, member) { key, offsetof (struct target_probe, member) }
  TEXT ("machine", machine), TEXT ("kernel", kernel),
  TEXT ("hostname", hostname), TEXT ("boot-id", boot_id), TEXT ("model", model),
  TEXT ("access", access), TEXT ("access-error", access_error),
  TEXT ("tool-busybox", busybox), TEXT ("tool-dd", dd),
  TEXT ("selinux", selinux), TEXT ("apparmor", apparmor), TEXT ("lacks", lacks),
  TEXT ("session-error", session_error),
  TEXT ("refused", refused), TEXT ("root-partition", root_partition),
  TEXT ("root-stack", root_stack),
  TEXT ("disk", disk), TEXT ("disk-number", disk_number),
  TEXT ("disk-model", disk_model), TEXT ("disk-serial", disk_serial),
#undef TEXT
};
#define NR_TEXT_KEYS (sizeof text_keys / sizeof *text_keys)

static const char **
text_member (struct target_probe *p, size_t i)
{
  return (const char **) ((char *) p + text_keys[i].offset);
}

static void
take_value (struct target_probe *p, const char *key, char *value)
{
  for (size_t i = 0; i < NR_TEXT_KEYS; i++)
    if (strcmp (key, text_keys[i].key) == 0) {
      *text_member (p, i) = value;
      return;
    }
  if (strcmp (key, "bits") == 0)
    p->bits = (unsigned) to_number (value);
  else if (strcmp (key, "memory-total") == 0)
    p->memory_total = to_bytes (value, 1024);
  else if (strcmp (key, "memory-available") == 0)
    p->memory_available = to_bytes (value, 1024);
  else if (strcmp (key, "sysrq") == 0)
    p->sysrq = true;
  else if (strcmp (key, "session-directory") == 0)
    p->session_directory = true;
  else if (strcmp (key, "session") == 0)
    take_session (p, value);
  else if (strcmp (key, "disk-sectors") == 0)
    p->disk_size = to_bytes (value, SECTOR);
  else if (strcmp (key, "disk-block") == 0)
    p->disk_block = (unsigned) to_number (value);
  else if (strcmp (key, "disk-removable") == 0)
    p->disk_removable = to_number (value) != 0;
  else if (strcmp (key, "disk-read-only") == 0)
    p->disk_read_only = to_number (value) != 0;
  else if (strcmp (key, "partition") == 0)
    take_partition (p, value);
  else if (strcmp (key, "mount") == 0)
    take_mount (p, value, false);
  else if (strcmp (key, "swap") == 0)
    take_mount (p, value, true);
  else if (strcmp (key, "upon") == 0)
    take_upon (p, value);
  else if (strcmp (key, "other-disk") == 0)
    take_other (p, value);
}

int
target_probe_parse (const char *output, struct target_probe *p)
{
  const char *begin = strstr (output, begin_mark);
  const char *end = begin ? strstr (begin, MARK_END) : NULL;
  char *rest, *line;

  memset (p, 0, sizeof *p);
  for (size_t i = 0; i < NR_TEXT_KEYS; i++)
    *text_member (p, i) = "";
  if (!end)
    return -1;
  begin += sizeof begin_mark - 1;
  if (end < begin)
    return -1;
  rest = p->text = strndup (begin, (size_t) (end - begin));
  if (!p->text)
    return -1;
  while ((line = strsep (&rest, "\n")) != NULL) {
    char *value = strchr (line, '=');
    if (!value)
      continue;
    *value++ = '\0';
    terminal_text_clean (value);
    take_value (p, line, value);
  }
  return 0;
}

char *
target_probe_chatter (const char *output)
{
  const char *begin = strstr (output, begin_mark);
  size_t len = begin ? (size_t) (begin - output) : strlen (output);

  return len ? strndup (output, len) : NULL;
}

void
target_probe_release (struct target_probe *p)
{
  free (p->text);
  memset (p, 0, sizeof *p);     /* its strings lay in there */
}

/* In front of the script. */
static char *
make_assignments (const char *device, const char *purpose)
{
  CLEANUP_FREE char *quoted = shell_quote (device ? device : "");
  char *assignments;

  if (!quoted || asprintf (&assignments, "FLASH_DEVICE=%s\nFLASH_PURPOSE=%s\n",
                           quoted, purpose) == -1)
    return NULL;
  return assignments;
}

/* In the order in which the board's shell is to read them. */
static const char *const script_names[] = {
  "probe-devices.sh", "probe-root.sh", "probe.sh"
};
#define NR_SCRIPTS (sizeof script_names / sizeof *script_names)

static int
read_scripts (struct helper_file scripts[NR_SCRIPTS])
{
  for (size_t i = 0; i < NR_SCRIPTS; i++)
    if (helper_file_read (script_names[i], &scripts[i]) == -1)
      return -1;
  return 0;
}

static int
take_answer (const struct ssh_exec *exec, struct target_probe *p)
{
  CLEANUP_FREE char *chatter = target_probe_chatter (ssh_exec_stdout (exec));

  if (chatter)
    message_verbatim ("board: ", chatter);
  message_verbatim ("board: ", ssh_exec_stderr (exec));
  if (target_probe_parse (ssh_exec_stdout (exec), p) == 0)
    return 0;
  report_error (ERROR_BOARD_SHELL,
                "the board could not be probed: `sh` gave no complete answer "
                "(exit status %d); it needs a POSIX shell at the login",
                ssh_exec_status (exec));
  return -1;
}

int
target_probe_run (struct board_connection *c, const char *device,
                  enum probe_purpose purpose, struct target_probe *p)
{
  CLEANUP_FREE char *assignments =
    make_assignments (device, purpose == PROBE_SURVEY ? "survey" : "flash");
  struct helper_file scripts[NR_SCRIPTS] = { { .data = NULL } };
  struct exec_input inputs[1 + NR_SCRIPTS];
  struct ssh_exec *exec;
  int result = -1;

  memset (p, 0, sizeof *p);
  if (!assignments) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  if (read_scripts (scripts) == 0) {
    inputs[0] = (struct exec_input) { assignments, strlen (assignments) };
    for (size_t i = 0; i < NR_SCRIPTS; i++)
      inputs[1 + i] = (struct exec_input) { scripts[i].data, scripts[i].size };
    exec = ssh_exec_new (c, "sh", inputs, 1 + NR_SCRIPTS);
    if (exec && ssh_exec_wait (exec, PROBE_SECONDS, false) == 0)
      result = take_answer (exec, p);
    ssh_exec_free (exec);
  }
  for (size_t i = 0; i < NR_SCRIPTS; i++)
    helper_file_release (&scripts[i]);
  return result;
}
