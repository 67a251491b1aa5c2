/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lifeboat.h"
#include "lifeboat-daemon.h"
#include "lifeboat-port.h"
#include "report.h"

#define DAEMON_FILE "/etc/ssh/lifeboat"
#define LOG_FILE "/lifeboat.log"
#define CONNECTIONS 8           /* at once */
#define OPEN_SECONDS 60
#define KILL_ROUNDS 20

struct lifeboat
{
  struct lifeboat_daemon *daemon;
  unsigned number;              /* of its own port; 0: the board's */
  enum lifeboat_state state;
  struct lifeboat_port port;    /* unless closed */
  time_t open_until;            /* monotonic */
  pid_t connections[CONNECTIONS];       /* 0: free */
};

static time_t
now (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return ts.tv_sec;
}

/* That the board's sockets cannot be had is better known before the image is
 * brought here. */
static int
check_port (const struct lifeboat *l)
{
  struct lifeboat_port port;
  char text[256];

  if (l->number != 0)
    return 0;
  if (lifeboat_port_copy (&port, lifeboat_daemon_exe (l->daemon),
                          lifeboat_daemon_pid (l->daemon), text, sizeof text)
      == -1) {
    report_error (ERROR_LIFEBOAT_FAILED, "%s", text);
    return -1;
  }
  lifeboat_port_give_back (&port);
  return 0;
}

struct lifeboat *
lifeboat_new (unsigned port)
{
  struct lifeboat *l = calloc (1, sizeof *l);

  if (!l) {
    report_error (ERROR_LIFEBOAT_FAILED, "the lifeboat: %s", strerror (errno));
    return NULL;
  }
  l->number = port;
  l->daemon = lifeboat_daemon_read (DAEMON_FILE);
  if (!l->daemon || check_port (l) == -1) {
    lifeboat_daemon_free (l->daemon);
    free (l);
    return NULL;
  }
  return l;
}

/* Whoever lives in the RAM root: the connections, and the commands that people
 * run in them, which lead sessions of their own.  Not the guardian, our parent. */
static size_t
kill_inmates (void)
{
  DIR *dir = opendir ("/proc");
  size_t killed = 0;

  if (!dir)
    return 0;
  for (struct dirent *entry = readdir (dir); entry; entry = readdir (dir)) {
    const pid_t pid = (pid_t) atol (entry->d_name);

    if (isdigit ((unsigned char) entry->d_name[0]) && pid > 1
        && pid != getpid () && pid != getppid () && lifeboat_has (pid) && kill (pid, SIGKILL) == 0)
      killed++;
  }
  closedir (dir);
  return killed;
}

void
lifeboat_free (struct lifeboat *l)
{
  if (!l)
    return;
  lifeboat_give_back (l);
  /* Again for what was just being started. */
  for (int i = 0; i < KILL_ROUNDS && kill_inmates () > 0; i++)
    usleep (10000);
  lifeboat_daemon_free (l->daemon);
  free (l);
}

static int
take_port (struct lifeboat *l, char *text, size_t size)
{
  if (l->number != 0)
    return lifeboat_port_listen (&l->port, l->number, text, size);
  if (lifeboat_port_copy (&l->port, lifeboat_daemon_exe (l->daemon),
                          lifeboat_daemon_pid (l->daemon), text, size) == -1)
    return -1;
  if (lifeboat_port_stop_board (&l->port, text, size) == 0)
    return 0;
  lifeboat_port_give_back (&l->port);
  return -1;
}

int
lifeboat_take (struct lifeboat *l, bool hold, char *text, size_t size)
{
  if (l->state == LIFEBOAT_CLOSED && take_port (l, text, size) == -1)
    return -1;
  l->open_until = now () + OPEN_SECONDS;
  if (l->state != LIFEBOAT_HELD)
    l->state = hold ? LIFEBOAT_HELD : LIFEBOAT_OPEN;
  return 0;
}

void
lifeboat_give_back (struct lifeboat *l)
{
  if (l->state != LIFEBOAT_CLOSED)
    lifeboat_port_give_back (&l->port);
  l->state = LIFEBOAT_CLOSED;
}

enum lifeboat_state
lifeboat_get_state (const struct lifeboat *l)
{
  return l->state;
}

bool
lifeboat_has (pid_t pid)
{
  struct stat own, other;
  char path[64];

  snprintf (path, sizeof path, "/proc/%ld/ns/mnt", (long) pid);
  return pid > 0 && stat ("/proc/self/ns/mnt", &own) == 0
         && stat (path, &other) == 0 && own.st_dev == other.st_dev
         && own.st_ino == other.st_ino;
}

/* -- the loop ------------------------------------------------------------- */

size_t
lifeboat_fill_polls (const struct lifeboat *l,
                     struct pollfd polls[LIFEBOAT_POLLS])
{
  if (l->state == LIFEBOAT_CLOSED)
    return 0;
  for (size_t i = 0; i < l->port.nr; i++)
    polls[i] = (struct pollfd) { .fd = l->port.sockets[i], .events = POLLIN };
  return l->port.nr;
}

static pid_t *
free_connection (struct lifeboat *l)
{
  for (size_t i = 0; i < CONNECTIONS; i++)
    if (!l->connections[i])
      return &l->connections[i];
  return NULL;
}

/* Where all places are taken, or no process can be had, the peer hears at once
 * that it must come again. */
static void
accept_one (struct lifeboat *l, int listener)
{
  pid_t *connection = free_connection (l);
  const int sock = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);

  if (sock == -1)
    return;                     /* gone before we came to it */
  if (connection) {
    *connection = lifeboat_daemon_start (l->daemon, sock, LOG_FILE);
    if (*connection == -1)
      *connection = 0;
  }
  close (sock);
}

void
lifeboat_step (struct lifeboat *l, const struct pollfd polls[], size_t nr)
{
  for (size_t i = 0; i < nr && l->state != LIFEBOAT_CLOSED
                     && i < l->port.nr; i++)
    if (polls[i].revents && polls[i].fd == l->port.sockets[i])
      accept_one (l, l->port.sockets[i]);
  if (l->state == LIFEBOAT_OPEN && now () >= l->open_until)
    lifeboat_give_back (l);
}

void
lifeboat_reaped (struct lifeboat *l, pid_t pid)
{
  for (size_t i = 0; i < CONNECTIONS; i++)
    if (l->connections[i] == pid)
      l->connections[i] = 0;
}
