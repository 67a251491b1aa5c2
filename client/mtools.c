/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "mtools.h"
#include "report.h"
#include "terminal-text.h"

#define IMAGE_FD 3
#define FIRST_FREE_FD 10
#define CPU_SECONDS 120         /* a file system of a hostile image may be endless */
#define WORDS_MAX 512
#define NOT_INSTALLED 127

/* What the child reads and writes: files without a name, so that nothing is left. */
struct channels
{
  int input, output, words;
};

static void
close_channels (struct channels *c)
{
  cleanup_close (&c->input);
  cleanup_close (&c->output);
  cleanup_close (&c->words);
}

static int
open_channels (struct channels *c, const struct mtools_job *job)
{
  c->input = memfd_create ("mtools-input", MFD_CLOEXEC);
  c->output = memfd_create ("mtools-output", MFD_CLOEXEC);
  c->words = memfd_create ("mtools-words", MFD_CLOEXEC);
  if (c->input >= 0 && c->output >= 0 && c->words >= 0
      && full_write (c->input, job->input, job->input_size) == 0
      && lseek (c->input, 0, SEEK_SET) == 0)
    return 0;
  report_error (ERROR_SYSTEM_FAILED, "mtools cannot be started: %s", strerror (errno));
  close_channels (c);
  return -1;
}

/* -- The child's half ------------------------------------------------------ */

/* No configuration of the person's, and the same dates each time. */
static int
set_environment (void)
{
  return setenv ("MTOOLSRC", "/dev/null", 1) == 0
         && setenv ("MTOOLS_SKIP_CHECK", "1", 1) == 0
         && setenv ("TZ", "UTC", 1) == 0
         && setenv ("SOURCE_DATE_EPOCH", "315532800", 0) == 0 ? 0 : -1;
}

static int
set_limits (uint64_t file_max)
{
  const struct rlimit files = { file_max, file_max };
  const struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS };
  const struct rlimit core = { 0, 0 };

  return setrlimit (RLIMIT_FSIZE, &files) == 0 && setrlimit (RLIMIT_CPU, &cpu) == 0
         && setrlimit (RLIMIT_CORE, &core) == 0 ? 0 : -1;
}

/* Each channel out of the way first: one may have another's number. */
static int
place (int fd, int number)
{
  const int away = fcntl (fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);

  return away == -1 || dup2 (away, number) == -1 ? -1 : 0;
}

static void
exec_mtools (const struct mtools_job *job, const struct channels *c)
{
  const int input = fcntl (c->input, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
  const int output = fcntl (c->output, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
  const int words = fcntl (c->words, F_DUPFD_CLOEXEC, FIRST_FREE_FD);

  /* Its own group: a ^C on the terminal is this program's business. */
  if (setpgid (0, 0) == 0 && place (job->image, IMAGE_FD) == 0
      && dup2 (input, STDIN_FILENO) != -1 && dup2 (output, STDOUT_FILENO) != -1
      && dup2 (words, STDERR_FILENO) != -1 && set_environment () == 0
      && set_limits (job->file_max) == 0) {
    signal (SIGPIPE, SIG_DFL);
    execvp (job->arguments[0], (char *const *) job->arguments);
  }
  _exit (errno == ENOENT ? NOT_INSTALLED : 126);
}

/* -- The parent's half ----------------------------------------------------- */

static void
report_end (const struct mtools_job *job, const char *what, int wait_status,
            int words)
{
  char text[WORDS_MAX + 1];
  const ssize_t n = full_pread (words, text, WORDS_MAX, 0);

  text[n > 0 ? n : 0] = '\0';
  text[strcspn (text, "\n")] = '\0';
  terminal_text_clean (text);
  if (WIFEXITED (wait_status) && WEXITSTATUS (wait_status) == NOT_INSTALLED)
    report_error (ERROR_MTOOLS_MISSING,
                  "mtools is not installed (or %s is not on PATH); it changes the "
                  "image's boot partition for --config. On Debian and Ubuntu: apt "
                  "install mtools", job->arguments[0]);
  else if (WIFSIGNALED (wait_status))
    report_error (ERROR_BOOT_PARTITION,
                  "%s: %s was killed by signal %d (%s)", what, job->arguments[0],
                  WTERMSIG (wait_status), strsignal (WTERMSIG (wait_status)));
  else
    report_error (ERROR_BOOT_PARTITION,
                  "%s: %s has failed: %s", what, job->arguments[0],
                  *text ? text : "it does not say why");
}

static int
take_output (int fd, char **output, size_t *output_size)
{
  const off_t size = lseek (fd, 0, SEEK_END);
  CLEANUP_FREE char *text = size >= 0 ? malloc ((size_t) size + 1) : NULL;

  if (!text || full_pread (fd, text, (size_t) size, 0) != size) {
    report_error (ERROR_SYSTEM_FAILED,
                  "what mtools has said cannot be read: %s", strerror (errno));
    return -1;
  }
  text[size] = '\0';
  if (output_size)
    *output_size = (size_t) size;
  *output = text;
  text = NULL;
  return 0;
}

int
mtools_run (const struct mtools_job *job, const char *what, char **output,
            size_t *output_size)
{
  struct channels channels;
  int wait_status = -1, result = -1;
  pid_t child;

  if (open_channels (&channels, job) == -1)
    return -1;
  child = fork ();
  if (child == 0)
    exec_mtools (job, &channels);
  while (child > 0 && waitpid (child, &wait_status, 0) == -1)
    if (errno != EINTR) {
      child = -1;
      break;
    }
  if (child == -1)
    report_error (ERROR_SYSTEM_FAILED, "mtools cannot be run: %s", strerror (errno));
  else if (wait_status != 0)
    report_end (job, what, wait_status, channels.words);
  else
    result = output ? take_output (channels.output, output, output_size) : 0;
  close_channels (&channels);
  return result;
}
