/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "board-privilege.h"
#include "cleanup.h"
#include "deploy.h"
#include "helper-choice.h"
#include "helper-files.h"
#include "report.h"
#include "session-store.h"
#include "shell-quote.h"
#include "ssh-exec.h"
#include "status-record.h"
#include "target-checks.h"

#define DEPLOY_SECONDS 600      /* slow boards, slow links */
#define MARK_DEPLOYED "FLR1-DEPLOYED "

int
deploy_name_session (struct flash_job *job)
{
  unsigned char random[(SESSION_ID_SIZE - 1) / 2];

  if (getrandom (random, sizeof random, 0) != (ssize_t) sizeof random) {
    report_error (ERROR_SYSTEM_FAILED, "getrandom: %s", strerror (errno));
    return -1;
  }
  for (size_t i = 0; i < sizeof random; i++)
    snprintf (job->session + 2 * i, 3, "%02x", random[i]);
  return 0;
}

static void
put_text (FILE *f, const char *key, const char *value)
{
  char encoded[STATUS_RECORD_MAX];

  status_encode (value, encoded, sizeof encoded);
  fprintf (f, "%s=%s\n", key, encoded);
}

static void
put_number (FILE *f, const char *key, uint64_t value)
{
  fprintf (f, "%s=%" PRIu64 "\n", key, value);
}

char *
deploy_session_file (const struct flash_job *job)
{
  const struct integrity *image = &job->image.integrity;
  const struct target_probe *b = &job->board;
  const struct options *o = job->options;
  bool root_disk = flash_job_is_root_disk (job);
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  if (!f)
    return NULL;
  put_text (f, "session", job->session);
  put_text (f, "mode", flash_job_mode (job));
  put_text (f, "target", b->disk_number);
  put_text (f, "target-name", b->disk);
  put_number (f, "target-size", b->disk_size);
  put_text (f, "root-disk", root_disk ? "yes" : "no");
  put_text (f, "reboot", root_disk && job->reboots ? "yes" : "no");
  put_text (f, "stop-services", flash_job_stop_services (job));
  put_text (f, "image", job->image.name);
  put_text (f, "format", image->format);
  put_number (f, "stored-size", image->stored_size);
  put_number (f, "disk-size", image->disk_size);
  put_text (f, "stored-digest", image->digest);
  put_text (f, "verify", verification_name (o->verification));
  put_text (f, "patch", job->patch.digest);
  put_text (f, "patch-options", job->patch.options);
  put_text (f, "lifeboat", flash_job_wants_lifeboat (job) ? "yes" : "no");
  put_number (f, "lifeboat-port", o->lifeboat_port);
  if (fclose (f) == EOF) {
    free (text);
    return NULL;
  }
  return text;
}

struct cargo
{
  struct helper_file lifeboat, deploy, program, busybox, script;
  char *session_file;
  const char *public_key;       /* "": no lifeboat */
  char *assignments;
  char *command;
};

static void
cargo_release (struct cargo *c)
{
  helper_file_release (&c->lifeboat);
  helper_file_release (&c->deploy);
  helper_file_release (&c->program);
  helper_file_release (&c->busybox);
  helper_file_release (&c->script);
  free (c->session_file);
  free (c->assignments);
  free (c->command);
}

static char *
make_assignments (const struct flash_job *job, const struct cargo *c)
{
  CLEANUP_FREE char *busybox = shell_quote (job->board.busybox);
  CLEANUP_FREE char *target = shell_quote (job->board.disk_number);
  CLEANUP_FREE char *image = shell_quote (job->image_path ? job->image_path : "");
  char *text;

  if (!busybox || !target || !image
      || asprintf (&text, "BUSYBOX=%s\nTARGET=%s\nIMAGE_FILE=%s\nHELPER_SIZE='%zu'\n"
                   "BUSYBOX_SIZE='%zu'\nSCRIPT_SIZE='%zu'\nSESSION_SIZE='%zu'\n"
                   "KEY_SIZE='%zu'\nPATCH_SIZE='%zu'\nLIFEBOAT='%s'\n"
                   "PURPOSE='session'\nRAM_SIZE='%" PRIu64 "'\n",
                   busybox, target, image, c->program.size,
                   c->busybox.size, c->script.size,
                   strlen (c->session_file), strlen (c->public_key),
                   job->patch.size, *c->public_key ? "yes" : "no",
                   target_checks_ram_size (job) + c->busybox.size) == -1)
    return NULL;
  return text;
}

/* `dd` takes exactly the script off stdin, so that the script finds its files
 * behind it. */
char *
deploy_command (const struct flash_job *job, size_t script_size)
{
  char *command;

  if (asprintf (&command,
                "%ssh -c 'eval \"$(dd bs=1 count=%zu 2>/dev/null)\"'",
                board_privilege_prefix (job), script_size) == -1)
    return NULL;
  return command;
}

/* A busybox that the board lacks, or that the person wants it to use. */
static int
load_busybox (const struct flash_job *job, const char *arch, struct cargo *c)
{
  if (job->options->busybox)
    return helper_file_read_path (job->options->busybox, &c->busybox);
  return *job->board.busybox
         ? 0 : helper_file_read_arch (HELPER_BUSYBOX_PREFIX, arch, &c->busybox);
}

static int
load (const struct flash_job *job, const char *arch, struct cargo *c)
{
  c->public_key = job->stored ? job->stored->public_key : "";
  if ((*c->public_key && helper_file_read ("lifeboat.sh", &c->lifeboat) == -1)
      || helper_file_read ("deploy.sh", &c->deploy) == -1
      || helper_file_read_arch (HELPER_PROGRAM_PREFIX, arch, &c->program) == -1
      || load_busybox (job, arch, c) == -1
      || helper_file_read ("flash.sh", &c->script) == -1)
    return -1;
  c->session_file = deploy_session_file (job);
  if (c->session_file)
    c->assignments = make_assignments (job, c);
  if (c->assignments)
    c->command = deploy_command (job, strlen (c->assignments)
                                      + c->lifeboat.size + c->deploy.size);
  if (!c->command) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  return 0;
}

/* The board's words, without our own marker line. */
static void
show_words (const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);
  char *rest = copy, *line;

  while (rest && (line = strsep (&rest, "\n")) != NULL)
    if (strncmp (line, MARK_DEPLOYED, strlen (MARK_DEPLOYED)) != 0)
      message_verbatim ("board: ", line);
}

static bool
is_deployed (const struct flash_job *job, const char *output)
{
  char mark[64];

  snprintf (mark, sizeof mark, MARK_DEPLOYED "%s\n", job->session);
  return strstr (output, mark) != NULL;
}

static int
judge (const struct flash_job *job, const struct ssh_exec *exec)
{
  const int status = ssh_exec_status (exec);

  if (status == DEPLOY_RUNS_NOT_HERE)
    return DEPLOY_RUNS_NOT_HERE;
  show_words (ssh_exec_stdout (exec));
  show_words (ssh_exec_stderr (exec));
  if (status == 0 && is_deployed (job, ssh_exec_stdout (exec)))
    return 0;
  if (status == DEPLOY_OTHER_SESSION)
    report_error (ERROR_FLASH_UNDER_WAY, "a flash is already running on this board");
  else
    report_error (ERROR_DEPLOY_FAILED,
                  "the helper could not be deployed on the board "
                  "(exit status %d)", status);
  return -1;
}

/* As deploy_run; or DEPLOY_RUNS_NOT_HERE, noted: the board is as it was. */
static int
deploy_candidate (struct flash_job *job, struct helper_choice *choice, unsigned i)
{
  struct cargo cargo = { .command = NULL };
  struct ssh_exec *exec;
  int result = -1;

  if (load (job, choice->archs[i], &cargo) == 0) {
    const struct exec_input inputs[] = {
      *board_privilege_input (job),
      { cargo.assignments, strlen (cargo.assignments) },
      { cargo.lifeboat.data, cargo.lifeboat.size },
      { cargo.deploy.data, cargo.deploy.size },
      { cargo.program.data, cargo.program.size },
      { cargo.busybox.data, cargo.busybox.size },
      { cargo.script.data, cargo.script.size },
      { cargo.session_file, strlen (cargo.session_file) },
      { cargo.public_key, strlen (cargo.public_key) },
      { job->patch.file, job->patch.size },
    };
    exec = ssh_exec_new (job->connection, cargo.command, inputs,
                         sizeof inputs / sizeof *inputs);
    if (exec)
      result = ssh_exec_wait (exec, DEPLOY_SECONDS, true);
    if (result == 0)
      result = judge (job, exec);
    if (result == DEPLOY_RUNS_NOT_HERE)
      helper_choice_note (choice, i, ssh_exec_stderr (exec));
    ssh_exec_free (exec);
  }
  cargo_release (&cargo);
  return result;
}

int
deploy_run (struct flash_job *job)
{
  struct helper_choice choice;

  if (helper_choice_make (job, true, &choice) == -1)
    return -1;
  for (unsigned i = 0; i < choice.nr; i++) {
    const int result = deploy_candidate (job, &choice, i);

    if (result != DEPLOY_RUNS_NOT_HERE)
      return result;
    message_info ("The %s helper does not run on this board", choice.archs[i]);
  }
  helper_choice_report (&choice);
  return -1;
}
