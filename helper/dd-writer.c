/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "dd-writer.h"
#include "say.h"

#define WORDS_SIZE 400          /* of what dd says, this much is kept */

struct dd_run
{
  pid_t pid;
  int data;                     /* to dd's stdin, not blocking; -1: closed */
  int words;                    /* from dd's stdout and stderr; -1: ended */
  char said[WORDS_SIZE];
  size_t said_len;
  bool broke;                   /* dd closed its stdin before the end */
};

bool
dd_writer_can_direct (const char *target)
{
  CLEANUP_CLOSE int fd = open (target, O_RDONLY | O_DIRECT | O_CLOEXEC);

  return fd >= 0;
}

/* posix_spawn, because other threads are running and hold locks. */
static int
spawn (const char *dd, char *const argv[], int data, int words, pid_t *pid)
{
  static char path[] = "PATH=/bin", locale[] = "LC_ALL=C";
  char *const environment[] = { path, locale, NULL };
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init (&actions);

  if (error != 0)
    return error;
  error = posix_spawn_file_actions_adddup2 (&actions, data, STDIN_FILENO);
  if (error == 0)
    error = posix_spawn_file_actions_adddup2 (&actions, words, STDOUT_FILENO);
  if (error == 0)
    error = posix_spawn_file_actions_adddup2 (&actions, words, STDERR_FILENO);
  if (error == 0)
    error = posix_spawn (pid, dd, &actions, NULL, argv, environment);
  posix_spawn_file_actions_destroy (&actions);
  return error;
}

static int
start (struct dd_writer *w, bool direct, uint64_t offset,
       struct dd_run *run)
{
  char of[PATH_MAX + 4], seek[40];
  char bs[] = "bs=1M", iflag[] = "iflag=fullblock", name[] = "dd";
  char oflag_direct[] = "oflag=direct,seek_bytes", oflag[] = "oflag=seek_bytes";
  char conv[] = "conv=notrunc,fsync";
  char *const argv[] = {
    name, of, bs, iflag, direct ? oflag_direct : oflag, seek, conv, NULL
  };
  int data[2] = { -1, -1 }, words[2] = { -1, -1 };
  int error = 0;

  snprintf (of, sizeof of, "of=%s", w->target);
  snprintf (seek, sizeof seek, "seek=%" PRIu64, offset);
  if (pipe2 (data, O_CLOEXEC) == -1 || pipe2 (words, O_CLOEXEC) == -1)
    error = errno;
  /* Fewer switches between the two; where it is refused, nothing is lost. */
  if (error == 0)
    (void) fcntl (data[1], F_SETPIPE_SZ, 1 << 20);
  if (error == 0
      && (fcntl (data[1], F_SETFL, O_NONBLOCK) == -1
          || fcntl (words[0], F_SETFL, O_NONBLOCK) == -1))
    error = errno;
  if (error == 0)
    error = spawn (w->dd, argv, data[0], words[1], &run->pid);
  cleanup_close (&data[0]);
  cleanup_close (&words[1]);
  run->data = data[1];
  run->words = words[0];
  if (error == 0)
    return 0;
  cleanup_close (&run->data);
  cleanup_close (&run->words);
  snprintf (w->failure, sizeof w->failure, "%s can't be started: %s", w->dd,
            strerror (error));
  return -1;
}

static void
end_data (struct dd_run *run)
{
  cleanup_close (&run->data);
  run->data = -1;
}

/* Feed what the pipe takes.  Returns the bytes it took. */
static size_t
feed (struct dd_run *run, const unsigned char *buf, size_t len)
{
  ssize_t r = write (run->data, buf, len);

  if (r >= 0)
    return (size_t) r;
  if (errno != EAGAIN && errno != EINTR) {
    /* EPIPE: dd gave up.  Its status and its words tell why. */
    run->broke = true;
    end_data (run);
  }
  return 0;
}

static void
listen_to (struct dd_run *run)
{
  char waste[256];
  size_t room = sizeof run->said - 1 - run->said_len;
  ssize_t r = room > 0
    ? read (run->words, run->said + run->said_len, room)
    : read (run->words, waste, sizeof waste);

  if (r > 0 && room > 0)
    run->said_len += (size_t) r;
  if (r == 0 || (r == -1 && errno != EAGAIN && errno != EINTR)) {
    cleanup_close (&run->words);
    run->words = -1;
  }
}

/* Feed the data and listen until dd has closed its end. */
static void
talk (struct dd_run *run, const unsigned char *buf, size_t len)
{
  while (run->words >= 0) {
    if (len == 0)
      end_data (run);
    struct pollfd fds[2] = {
      { .fd = run->words, .events = POLLIN },
      { .fd = run->data, .events = POLLOUT },   /* -1 is ignored */
    };

    if (poll (fds, 2, -1) == -1)
      continue;
    if (fds[1].revents && run->data >= 0) {
      size_t n = feed (run, buf, len);
      buf += n;
      len -= n;
    }
    if (fds[0].revents)
      listen_to (run);
  }
  if (len > 0)
    run->broke = true;
  end_data (run);
}

static int
wait_for_child (pid_t pid, int *status)
{
  pid_t r;

  do
    r = waitpid (pid, status, 0);
  while (r == -1 && errno == EINTR);
  return r == pid ? 0 : -1;
}

/* dd's words as one line: its lines joined, control characters and the count of
 * records at the end gone. */
static void
tidy_words (struct dd_run *run)
{
  run->said[run->said_len] = '\0';
  char *count = strstr (run->said, " records in");
  if (count) {
    while (count > run->said && count[-1] != '\n')
      count--;
    run->said_len = (size_t) (count - run->said);
  }
  while (run->said_len > 0 && run->said[run->said_len - 1] == '\n')
    run->said_len--;
  run->said[run->said_len] = '\0';
  for (size_t i = 0; i < run->said_len; i++)
    if ((unsigned char) run->said[i] < ' ')
      run->said[i] = run->said[i] == '\n' ? '|' : '?';
}

/* What became of dd: "" when all is well. */
static void
describe_end (const struct dd_run *run, int status, char *text, size_t size)
{
  if (WIFSIGNALED (status))
    snprintf (text, size, "was killed by signal %d", WTERMSIG (status));
  else if (WEXITSTATUS (status) != 0)
    snprintf (text, size, "ended with status %d", WEXITSTATUS (status));
  else if (run->broke)
    snprintf (text, size, "ended before it had all its data");
  else
    snprintf (text, size, "%s", "");
}

static int
run_dd (struct dd_writer *w, bool direct, const void *buf, size_t len,
        uint64_t offset)
{
  struct dd_run run = { .data = -1, .words = -1 };
  char end[64];
  int status;

  if (start (w, direct, offset, &run) == -1)
    return -1;
  talk (&run, buf, len);
  if (wait_for_child (run.pid, &status) == -1) {
    snprintf (w->failure, sizeof w->failure, "%s: waiting for it: %s", w->dd,
              strerror (errno));
    return -1;
  }
  tidy_words (&run);
  describe_end (&run, status, end, sizeof end);
  if (*end == '\0')
    return 0;
  if (direct && !w->proven && strstr (run.said, "Invalid argument")) {
    say ("note", "text", "this target refuses direct I/O by dd; writing through "
         "the cache", NULL);
    w->direct = false;
    return run_dd (w, false, buf, len, offset);
  }
  snprintf (w->failure, sizeof w->failure, "dd %s; it says: %s", end,
            run.said_len ? run.said : "nothing");
  return -1;
}

int
dd_write (struct dd_writer *w, const void *buf, size_t len, uint64_t offset)
{
  size_t whole = w->direct ? len - len % w->block_size : 0;

  if (whole > 0) {
    if (run_dd (w, true, buf, whole, offset) == -1)
      return -1;
    w->proven = true;
  }
  if (len == whole)
    return 0;
  return run_dd (w, false, (const unsigned char *) buf + whole, len - whole,
                 offset + whole);
}
