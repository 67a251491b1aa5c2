/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "file-io.h"
#include "listening-socket.h"
#include "process-table.h"
#include "report.h"
#include "ssh-daemon.h"

#define ANCESTORS_MAX 64
#define WORDS_SIZE 4096
#define TITLE "sshd: "

bool
ssh_daemon_is_plain_path (const char *path)
{
  static const char plain[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.+-";
  const size_t len = strlen (path);

  return path[0] == '/' && len < SSH_DAEMON_PATH_MAX && len > 1
         && path[len - 1] != '/' && strspn (path, plain) == len
         && !strstr (path, "/../")
         && (len < 3 || strcmp (path + len - 3, "/..") != 0);
}

static int
keep_path (char kept[SSH_DAEMON_PATH_MAX], const char *path)
{
  if (!ssh_daemon_is_plain_path (path)) {
    report_error (ERROR_LIFEBOAT_FAILED,
                  "the board's ssh daemon was started with a file name that is"
                  " relative or has unusual characters: restart it with a plain"
                  " absolute one");
    return -1;
  }
  snprintf (kept, SSH_DAEMON_PATH_MAX, "%s", path);
  return 0;
}

/* OPTION: the letter behind the dash. */
static int
keep_option (struct ssh_daemon *daemon, char option, const char *path)
{
  const char key = daemon->kind == SSH_DAEMON_OPENSSH ? 'h' : 'r';

  if (option == 'f' && daemon->kind == SSH_DAEMON_OPENSSH)
    return keep_path (daemon->config, path);
  if (option != key)
    return 0;
  if (daemon->nr_keys == SSH_DAEMON_KEYS) {
    report_error (ERROR_LIFEBOAT_FAILED,
                  "the board's ssh daemon has more than %d host keys",
                  SSH_DAEMON_KEYS);
    return -1;
  }
  return keep_path (daemon->keys[daemon->nr_keys++], path);
}

/* WORD is one of options, like -D or -FEr: keep what it holds.  The letter
 * whose value is the next word, else NUL; -1 after a report. */
static int
take_options (struct ssh_daemon *daemon, const char *word)
{
  const char *letters = daemon->kind == SSH_DAEMON_OPENSSH ? "CEbcfghkopu"
                                                           : "DGIKPTWbcdlpr";
  const char *letter = word + 1 + strcspn (word + 1, letters);

  if (*letter == '\0')
    return 0;
  if (letter[1] == '\0')
    return *letter;
  return keep_option (daemon, *letter, letter + 1);
}

int
ssh_daemon_parse_words (struct ssh_daemon *daemon, const char *words,
                        size_t len)
{
  const bool title = len >= strlen (TITLE)
                     && memcmp (words, TITLE, strlen (TITLE)) == 0;
  char word[SSH_DAEMON_PATH_MAX + 2];
  size_t n = 0;
  int option = 0;

  for (size_t i = 0; i <= len; i++) {
    if (i < len && words[i] != '\0' && !(title && words[i] == ' ')) {
      if (n < sizeof word - 1)
        word[n++] = words[i];
      continue;
    }
    word[n] = '\0';
    n = 0;
    if (option && word[0])
      option = keep_option (daemon, (char) option, word);
    else if (word[0] == '-')
      option = take_options (daemon, word);
    if (option == -1)
      return -1;
  }
  return 0;
}

static int
read_words (struct ssh_daemon *daemon)
{
  char path[64], words[WORDS_SIZE];

  snprintf (path, sizeof path, "/proc/%ld/cmdline", (long) daemon->pid);
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t r = fd == -1 ? -1 : full_read (fd, words, sizeof words);
  if (r == -1) {
    report_error (ERROR_LIFEBOAT_FAILED, "%s: %s", path, strerror (errno));
    return -1;
  }
  return ssh_daemon_parse_words (daemon, words, (size_t) r);
}

/* Since OpenSSH 9.8 a connection is served by sshd-session; its daemon lies
 * elsewhere. */
static bool
find_daemon_of_session (char exe[SSH_DAEMON_PATH_MAX])
{
  static const char *const usual[] = {
    "/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd"
  };

  for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
    if (access (usual[i], X_OK) == 0) {
      snprintf (exe, SSH_DAEMON_PATH_MAX, "%s", usual[i]);
      return true;
    }
  return false;
}

/* What the program EXE is; it may be replaced by its daemon's. */
static bool
is_daemon (char exe[SSH_DAEMON_PATH_MAX], enum ssh_daemon_kind *kind)
{
  const char *slash = strrchr (exe, '/');
  const char *name = slash ? slash + 1 : exe;

  *kind = SSH_DAEMON_OPENSSH;
  if (strcmp (name, "sshd") == 0)
    return true;
  if (strcmp (name, "sshd-session") == 0)
    return find_daemon_of_session (exe);
  *kind = SSH_DAEMON_DROPBEAR;
  return strcmp (name, "dropbear") == 0 || strcmp (name, "dropbearmulti") == 0;
}

/* 0 of PID 1; -1: PID is gone. */
static pid_t
parent_of (pid_t pid)
{
  struct process process;

  return process_read (pid, &process) ? process.parent : -1;
}

int
ssh_daemon_find_above (pid_t pid, struct ssh_daemon *daemon)
{
  memset (daemon, 0, sizeof *daemon);
  for (int i = 0; i < ANCESTORS_MAX && pid > 0; i++) {
    char exe[SSH_DAEMON_PATH_MAX];
    enum ssh_daemon_kind kind;

    if (process_program (pid, exe, sizeof exe) && is_daemon (exe, &kind)) {
      daemon->pid = pid;
      daemon->kind = kind;
      memcpy (daemon->exe, exe, sizeof exe);
    }
    pid = parent_of (pid);
  }
  if (!daemon->pid) {
    report_error (ERROR_LIFEBOAT_FAILED,
                  "neither OpenSSH's sshd nor dropbear has started this");
    return -1;
  }
  if (!ssh_daemon_is_plain_path (daemon->exe)) {
    report_error (ERROR_LIFEBOAT_FAILED,
                  "the path of the board's ssh daemon has unusual characters");
    return -1;
  }
  if (read_words (daemon) == -1)
    return -1;
  daemon->listening = daemon->pid != 1 && listening_socket_of (daemon->pid);
  return 0;
}

static bool
runs (pid_t pid, const char *exe)
{
  char program[SSH_DAEMON_PATH_MAX];

  return process_program (pid, program, sizeof program)
         && strcmp (program, exe) == 0;
}

pid_t
ssh_daemon_find_listener (const char *exe, pid_t preferred)
{
  DIR *dir = opendir ("/proc");
  pid_t found = 0;

  if (!dir)
    return 0;
  for (struct dirent *entry = readdir (dir); entry; entry = readdir (dir)) {
    const pid_t pid = (pid_t) atol (entry->d_name);

    if (!isdigit ((unsigned char) entry->d_name[0]) || pid <= 1
        || !runs (pid, exe) || runs (parent_of (pid), exe)
        || !listening_socket_of (pid))
      continue;
    if (pid == preferred) {
      found = pid;
      break;
    }
    found = found ? -1 : pid;
  }
  closedir (dir);
  return found;
}

static int
print_daemon (const struct ssh_daemon *daemon)
{
  printf ("kind=%s\nexe=%s\nconfig=%s\npid=%ld\nlistening=%s\n",
          daemon->kind == SSH_DAEMON_OPENSSH ? "openssh" : "dropbear",
          daemon->exe, daemon->config, (long) daemon->pid,
          daemon->listening ? "yes" : "no");
  for (size_t i = 0; i < daemon->nr_keys; i++)
    printf ("host-key=%s\n", daemon->keys[i]);
  return fflush (stdout) == EOF;
}

int
find_sshd_command (int argc, char **argv)
{
  struct ssh_daemon daemon;
  char *end = NULL;
  long pid = argc == 2 ? strtol (argv[1], &end, 10) : (long) getppid ();

  if (argc > 2 || pid <= 0 || (end && (end == argv[1] || *end))) {
    report_error (ERROR_BUILD_MISMATCH, "usage: find-sshd [PID]");
    return 1;
  }
  if (ssh_daemon_find_above ((pid_t) pid, &daemon) == -1)
    return 1;
  return print_daemon (&daemon);
}
