/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board-privilege.h"
#include "cleanup.h"
#include "helper-files.h"
#include "keep-work.h"
#include "messages.h"
#include "report.h"
#include "root-file-system.h"
#include "shell-quote.h"
#include "ssh-config.h"
#include "ssh-exec.h"

#define KEEP_SECONDS 120

int
keep_check (const struct options *options)
{
  (void) options;
  return 0;
}

/* -- Asking the board ------------------------------------------------------ */

static char *
make_assignments (const struct flash_job *job)
{
  CLEANUP_FREE char *user = shell_quote (job->config->user);
  char items[KEEP_LIST_MAX], *text;

  keep_list (job->options->keep, items);
  for (char *p = items; *p; p++)
    if (*p == ',')
      *p = ' ';
  if (!user || asprintf (&text, "ITEMS='%s'\nLOGIN_USER=%s\n", items, user) == -1)
    return NULL;
  return text;
}

static int
run_script (struct flash_job *job, const struct helper_file *script,
            struct kept_files *files)
{
  CLEANUP_FREE char *assignments = make_assignments (job);
  CLEANUP_FREE char *command = NULL;
  int result = -1;

  if (!assignments
      || asprintf (&command, "%ssh", board_privilege_prefix (job)) == -1) {
    command = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  const struct exec_input inputs[] = {
    *board_privilege_input (job), { assignments, strlen (assignments) },
    { script->data, script->size },
  };
  struct ssh_exec *exec = ssh_exec_new (job->connection, command, inputs,
                                        sizeof inputs / sizeof *inputs);
  if (exec && ssh_exec_wait (exec, KEEP_SECONDS, false) == 0) {
    message_verbatim ("board: ", ssh_exec_stderr (exec));
    result = kept_files_parse (ssh_exec_stdout (exec), files);
  }
  ssh_exec_free (exec);
  return result;
}

static int
ask_board (struct flash_job *job, struct kept_files *files)
{
  struct helper_file script;

  message_phase ("keep", "Reading what is kept of the board");
  if (helper_file_read ("keep.sh", &script) == -1)
    return -1;
  const int result = run_script (job, &script, files);
  helper_file_release (&script);
  return result;
}

/* -- What the items share -------------------------------------------------- */

int
keep_refuse (enum keep_item item, const char *fmt, ...)
{
  char why[1024];
  va_list args;

  va_start (args, fmt);
  vsnprintf (why, sizeof why, fmt, args);
  va_end (args);
  report_error (ERROR_KEEP_REFUSED, "--keep %s: %s", keep_item_name (item), why);
  return -1;
}

bool
keep_has_file (struct keep_work *w, const char *path)
{
  return ext4_volume_kind (w->root, path) == EXT4_FILE;
}

bool
keep_has_folder (struct keep_work *w, const char *path)
{
  return ext4_volume_kind (w->root, path) == EXT4_DIRECTORY;
}

size_t
keep_count (const struct keep_work *w, enum keep_item item)
{
  size_t n = 0;

  for (size_t i = 0; i < w->files->nr; i++)
    n += w->files->files[i].item == item;
  return n;
}

int
keep_put (struct keep_work *w, enum keep_item item, const char *path,
          const void *data, size_t len, const struct ext4_owner *owner)
{
  return ext4_volume_write (w->root, path, data, len, owner) == -1
         || board_patch_add_change (&w->job->patch, keep_item_name (item), path)
            == -1 ? -1 : 0;
}

int
keep_put_as_root (struct keep_work *w, const struct kept_file *file, unsigned mode)
{
  const struct ext4_owner owner = { .mode = mode, .label = file->label };

  return keep_put (w, file->item, file->path, file->data, file->size, &owner);
}

int
keep_make_folders (struct keep_work *w, const char *path)
{
  const struct ext4_owner owner = { .mode = 0755 };
  char above[256];

  for (const char *slash = path; *slash;) {
    slash = strchrnul (slash + 1, '/');
    snprintf (above, sizeof above, "%.*s", (int) (slash - path), path);
    if (ext4_volume_make_folder (w->root, above, &owner) == -1)
      return -1;
  }
  return 0;
}

/* -- All of them ----------------------------------------------------------- */

/* At its first start on a new disk it would take away what was kept. */
static int
restrain_cloud_init (struct keep_work *w)
{
  static const struct { enum keep_item item; const char *line; } lines[] = {
    { KEEP_SSH_HOST_KEYS, "ssh_deletekeys: false\n" },
    { KEEP_HOSTNAME, "preserve_hostname: true\n" },
    { KEEP_NETWORK, "network: {config: disabled}\n" },
  };
  const struct ext4_owner owner = { .mode = 0644 };
  char text[256] = "#cloud-config\n";

  if (!keep_has_folder (w, "/etc/cloud/cloud.cfg.d"))
    return 0;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (w->cloud_init & 1u << lines[i].item)
      strcat (text, lines[i].line);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (w->cloud_init & 1u << lines[i].item)
      return keep_put (w, lines[i].item, "/etc/cloud/cloud.cfg.d/99-kept.cfg", text,
                       strlen (text), &owner);
  return 0;
}

static int
lay_items (struct keep_work *w)
{
  static int (*const lay[KEEP_ITEMS]) (struct keep_work *) = {
    [KEEP_SSH_HOST_KEYS] = keep_lay_host_keys, [KEEP_HOSTNAME] = keep_lay_hostname,
    [KEEP_NETWORK] = keep_lay_network,
    [KEEP_AUTHORIZED_KEYS] = keep_lay_authorized_keys,
    [KEEP_MACHINE_ID] = keep_lay_machine_id,
  };

  for (int i = 0; i < KEEP_ITEMS; i++) {
    if (!(w->job->options->keep & 1u << i))
      continue;
    if (w->files->refusals[i])
      return keep_refuse ((enum keep_item) i, "%s", w->files->refusals[i]);
    if (lay[i] (w) == -1)
      return -1;
    w->cloud_init |= 1u << i;
  }
  return restrain_cloud_init (w);
}

static int
lay_all (struct keep_work *w)
{
  return account_table_read (&w->accounts, w->root) == -1
         || ext4_volume_check_writable (w->root) == -1 || lay_items (w) == -1
         || ext4_volume_flush (w->root) == -1 ? -1 : 0;
}

int
keep_lay (struct flash_job *job, struct image_overlay *overlay)
{
  static struct kept_files files;
  struct keep_work w = { .job = job, .files = &files };
  char name[ROOT_NAME_MAX];
  int result = -1;

  w.root = root_file_system_open (overlay, &job->image.table, name);
  if (w.root && ask_board (job, &files) == 0)
    result = lay_all (&w);
  kept_files_release (&files);
  account_table_release (&w.accounts);
  ext4_volume_close (w.root);
  return result;
}
