/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "board-privilege.h"
#include "cleanup.h"
#include "prompt.h"
#include "report.h"
#include "target-probe.h"

#define PASSWORD_MAX 512        /* its newline included */
#define ATTEMPTS 3
#define ANSWER_SECONDS 60
#define BY_PASSWORD "sudo -k -S -p '' "
#define MARK_ROOT "FLR1-ROOT"
#define MARK_UNASKED "FLR1-UNASKED"

struct board_password
{
  char line[PASSWORD_MAX];
  struct exec_input input;      /* the line, once it is proven */
  bool unasked;                 /* sudo wants none after all, and there is no line */
};

/* What probe.sh says of the access, and what it takes. */
static const struct { const char *access, *prefix; } ways[] = {
  { "root", "" }, { "sudo", "sudo -n " }, { "doas", "doas -n " },
  { "sudo-password", BY_PASSWORD },
};
#define NR_WAYS (sizeof ways / sizeof *ways)

static bool
needs_password (const struct flash_job *job)
{
  return !job->in_lifeboat && job->board.access
         && strcmp (job->board.access, "sudo-password") == 0;
}

const char *
board_privilege_prefix (const struct flash_job *job)
{
  for (size_t i = 0; !job->in_lifeboat && i < NR_WAYS; i++)
    if (strcmp (job->board.access, ways[i].access) == 0)
      return ways[i].prefix;
  return "";                    /* the lifeboat lets in root only */
}

const struct exec_input *
board_privilege_input (const struct flash_job *job)
{
  static const struct exec_input nothing = { "", 0 };

  return needs_password (job) && job->password ? &job->password->input : &nothing;
}

/* -- The password's place -------------------------------------------------- */

static struct board_password *
password_new (void)
{
  struct board_password *p = mmap (NULL, sizeof *p, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (p == MAP_FAILED) {
    report_error (ERROR_PASSWORD_UNSAFE, "memory for a password: %s", strerror (errno));
    return NULL;
  }
  if (mlock (p, sizeof *p) == 0 && madvise (p, sizeof *p, MADV_DONTDUMP) == 0)
    return p;
  report_error (ERROR_PASSWORD_UNSAFE,
                "a password cannot be kept out of swap and core files: %s\n"
                "Raise the limit of locked memory (ulimit -l), or allow sudo "
                "without a password on the board.", strerror (errno));
  munmap (p, sizeof *p);
  return NULL;
}

void
board_privilege_release (struct flash_job *job)
{
  if (!job->password)
    return;
  explicit_bzero (job->password, sizeof *job->password);
  munmap (job->password, sizeof *job->password);
  job->password = NULL;
}

/* -- Asking and proving ---------------------------------------------------- */

enum verdict
{
  PASSWORD_GOOD, PASSWORD_WRONG,
  PASSWORD_UNASKED,             /* for this command sudo asks for none */
  PASSWORD_NO_USE               /* reported */
};

static bool
is_wrong_password (const char *words)
{
  return strstr (words, "incorrect password attempt")
         || strstr (words, "incorrect authentication attempt")
         || strstr (words, "no password was provided")
         || strstr (words, "ry again");
}

static enum verdict
judge (const struct flash_job *job, const struct ssh_exec *exec)
{
  const char *words = ssh_exec_stderr (exec);

  if (strstr (ssh_exec_stdout (exec), MARK_UNASKED))
    return PASSWORD_UNASKED;
  if (ssh_exec_status (exec) == 0
      && strstr (ssh_exec_stdout (exec), MARK_ROOT))
    return PASSWORD_GOOD;
  if (is_wrong_password (words))
    return PASSWORD_WRONG;
  message_verbatim ("board: ", words);
  report_error (ERROR_SUDO_REFUSED,
                "%s may not become root by sudo on the board", job->config->user);
  return PASSWORD_NO_USE;
}

/* The line must be gone from stdin when the command runs, or it would be taken
 * for a part of what the commands behind it read. */
static enum verdict
prove (const struct flash_job *job, const struct exec_input *line)
{
  static const char command[] =
    "env LC_ALL=C " BY_PASSWORD "sh -c 'if read -r line; then echo "
    MARK_UNASKED "; else echo " MARK_ROOT "; fi'";
  struct ssh_exec *exec = ssh_exec_new (job->connection, command, line, 1);
  enum verdict verdict = PASSWORD_NO_USE;

  if (exec && ssh_exec_wait (exec, ANSWER_SECONDS, false) == 0)
    verdict = judge (job, exec);
  ssh_exec_free (exec);
  return verdict;
}

static void
report_no_password (const struct flash_job *job, const char *why)
{
  const char *user = job->config->user;

  report_error (ERROR_SUDO_PASSWORD,
                "%s needs a password for sudo on the board, and %s.\n"
                "Allow sudo without one (as root: echo '%s ALL=(ALL) NOPASSWD: ALL' "
                ">/etc/sudoers.d/%s), or log in as root.", user, why, user, user);
}

/* Into P, with a newline at its end. */
static int
ask (const struct flash_job *job, struct board_password *p)
{
  CLEANUP_FREE char *question = NULL;

  if (asprintf (&question, "Password for sudo of %s on %s: ", job->config->user,
                job->options->host) == -1) {
    question = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  if (prompt_ask (question, false, p->line, sizeof p->line - 1) == -1) {
    report_no_password (job, "none was given");
    return -1;
  }
  const size_t len = strlen (p->line);
  p->line[len] = '\n';
  p->input = (struct exec_input) { p->line, len + 1 };
  return 0;
}

static int
ask_and_prove (struct flash_job *job, struct board_password *p)
{
  for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (ask (job, p) == -1)
      return -1;
    switch (prove (job, &p->input)) {
    case PASSWORD_GOOD:
      return 0;
    case PASSWORD_UNASKED:
      explicit_bzero (p, sizeof *p);
      p->unasked = true;
      return 0;
    case PASSWORD_NO_USE:
      return -1;
    case PASSWORD_WRONG:
      if (attempt < ATTEMPTS)
        message_always ("The board does not accept this password: once more.");
    }
  }
  report_error (ERROR_SUDO_PASSWORD,
                "the board has accepted none of %d passwords for sudo", ATTEMPTS);
  return -1;
}

static int
obtain_password (struct flash_job *job)
{
  if (job->password)            /* at an earlier login */
    return 0;
  if (job->config->batch_mode || job->ask_nothing || !prompt_possible ()) {
    report_no_password (job, job->config->batch_mode
                        ? "BatchMode forbids to ask for it"
                        : "there is no terminal to ask for it on");
    return -1;
  }
  job->password = password_new ();
  if (!job->password)
    return -1;
  if (ask_and_prove (job, job->password) == 0)
    return 0;
  board_privilege_release (job);
  return -1;
}

/* -- What is in the way ---------------------------------------------------- */

static void
report_refused (const struct flash_job *job)
{
  const struct target_probe *b = &job->board;
  const char *user = job->config->user;
  const char *words = *b->access_error ? b->access_error : "";

  if (strcmp (b->access, "no-sudo") == 0)
    report_error (ERROR_ROOT_NEEDED,
                  "%s is not root on the board, and there is neither sudo nor doas.\n"
                  "Log in as root: root@%s", user, job->options->host);
  else if (strcmp (b->access, "doas-refused") == 0)
    report_error (ERROR_DOAS_REFUSED,
                  "%s may not use doas without a password on the board%s%s.\n"
                  "Allow it (as root: echo 'permit nopass %s as root' "
                  ">>/etc/doas.conf), or log in as root.", user,
                  *words ? ": " : "", words, user);
  else if (strstr (words, "tty"))
    report_error (ERROR_SUDO_TERMINAL,
                  "sudo wants a terminal on the board: %s.\nLift that (as root: echo "
                  "'Defaults:%s !requiretty' >/etc/sudoers.d/%s-requiretty), or log "
                  "in as root.", words, user, user);
  else
    report_error (ERROR_SUDO_REFUSED, "%s may not use sudo on the board%s%s.\n"
                  "Allow it (as root: echo '%s ALL=(ALL) NOPASSWD: ALL' "
                  ">/etc/sudoers.d/%s), or log in as root.",
                  user, *words ? ": " : "", words, user, user);
}

int
board_privilege_obtain (struct flash_job *job)
{
  if (needs_password (job)) {
    if (obtain_password (job) == -1)
      return -1;
    /* Whatever the probe says of it, at each login anew. */
    if (job->password->unasked)
      job->board.access = "sudo";
    return 0;
  }
  for (size_t i = 0; i < NR_WAYS; i++)
    if (strcmp (job->board.access, ways[i].access) == 0)
      return 0;
  report_refused (job);
  return -1;
}

/* ACCESS in memory that stays; "" when it is none of the ways. */
static const char *
lasting_name (const char *access)
{
  for (size_t i = 0; i < NR_WAYS; i++)
    if (strcmp (access, ways[i].access) == 0)
      return ways[i].access;
  return "";
}

int
board_privilege_catch_up (struct flash_job *job)
{
  struct target_probe probe;
  int result;

  if (job->in_lifeboat || *job->board.access)
    return 0;
  result = target_probe_run (job->connection, NULL, PROBE_FLASH, &probe);
  if (result == 0 && probe.session_directory) {
    job->board.access = probe.access;
    job->board.access_error = probe.access_error;
    result = board_privilege_obtain (job);
    job->board.access = result == 0 ? lasting_name (job->board.access) : "";
    job->board.access_error = "";
  }
  target_probe_release (&probe);
  return result;
}
