/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "image-server.h"
#include "interrupt.h"
#include "messages.h"
#include "nbdkit-arguments.h"
#include "nbdkit-process.h"
#include "remote-images.h"
#include "report.h"
#include "web-images.h"

#define SAID_MAX 512

struct nbdkit
{
  struct nbdkit_process *process;       /* NULL: this image needs none */
  char socket[sizeof ((struct sockaddr_un *) NULL)->sun_path];
  char said[SAID_MAX];          /* the last error that was shown of it */
};

struct image_server
{
  const struct image_loan *loan;        /* NULL: it is ours, as all that follows */
  const struct image_location *location;        /* the caller's */
  bool shared;
  struct nbdkit front, relay;
  int epoll_fd;                 /* over the stderr of both */
  char directory[64];
};

static int
check_file (const struct image_location *l)
{
  CLEANUP_CLOSE int fd = open (l->given, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;

  if (fd == -1 || fstat (fd, &st) == -1) {
    report_error (ERROR_IMAGE_UNREADABLE, "%s: %s", l->shown, strerror (errno));
    return -1;
  }
  if (!S_ISREG (st.st_mode)) {
    report_error (ERROR_IMAGE_UNREADABLE, "%s: not a file", l->shown);
    return -1;
  }
  if (st.st_size == 0) {
    report_error (ERROR_IMAGE_EMPTY, "%s: the image is empty", l->shown);
    return -1;
  }
  return 0;
}

/* 0700, on a path that is short enough for sockets in it. */
static int
make_directory (struct image_server *s)
{
  const char *tmp = getenv ("TMPDIR");

  if (!tmp || *tmp != '/' || strlen (tmp) > 32)
    tmp = "/tmp";
  snprintf (s->directory, sizeof s->directory, "%s/flr-nbd-XXXXXX", tmp);
  if (!mkdtemp (s->directory)) {
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", s->directory, strerror (errno));
    *s->directory = '\0';
    return -1;
  }
  snprintf (s->front.socket, sizeof s->front.socket, "%s/nbd", s->directory);
  snprintf (s->relay.socket, sizeof s->relay.socket, "%s/relay", s->directory);
  if (interrupt_set_files (INTERRUPT_IMAGE_SERVER, s->front.socket,
                           s->relay.socket, s->directory) == -1) {
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", s->directory, strerror (errno));
    return -1;
  }
  return 0;
}

/* -- What nbdkit says ------------------------------------------------------ */

static void
take_relay_line (void *opaque, const char *line)
{
  const struct image_server *s = opaque;
  CLEANUP_FREE char *shown = image_location_hide (s->location, line);

  message_detail ("nbdkit, relay: %s", shown ? shown : "");
}

/* What the plugin repeats while it waits for the server. */
#define STILL_WAITING "the server has not answered for"

/* The plugin begins a line about the image's server with the image's name: it does
 * not answer, it answers again, it has another image now. */
static void
take_front_line (void *opaque, const char *line)
{
  struct image_server *s = opaque;
  const char *error = strstr (line, ": error: ");
  const char *shown = s->location->shown;
  const size_t len = strlen (shown);

  error = error ? error + strlen (": error: ") : "";
  if (!s->relay.process || strncmp (error, shown, len) != 0 || error[len] != ':'
      || strncmp (error, s->front.said, SAID_MAX - 1) == 0
      || strstr (error, STILL_WAITING)) {
    message_detail ("nbdkit: %s", line);
    return;
  }
  snprintf (s->front.said, SAID_MAX, "%s", error);
  message_info ("%s", error);
}

bool
image_server_report_error (struct image_server *s, const char *what)
{
  const struct nbdkit *const children[] = { &s->relay, &s->front };

  for (size_t i = 0; s->relay.process && i < 2; i++)
    if (children[i]->process) {
      CLEANUP_FREE char *error = nbdkit_process_last_error (children[i]->process);

      if (!error)
        continue;
      CLEANUP_FREE char *shown = image_location_hide (s->location, error);
      report_error (ERROR_IMAGE_NOT_SERVED, "%s: %s", what, shown ? shown : "");
      return true;
    }
  return false;
}

/* -- Start ---------------------------------------------------------------- */

static int
run (struct image_server *s, struct nbdkit *n, struct argument_list *arguments)
{
  struct epoll_event event = { .events = EPOLLIN };
  int result = -1;

  *n->said = '\0';
  if (arguments && nbdkit_process_start (n->process, arguments->argv) == 0) {
    event.data.fd = nbdkit_process_fd (n->process);
    result = epoll_ctl (s->epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event);
    if (result == -1)
      report_error (ERROR_SYSTEM_FAILED, "epoll: %s", strerror (errno));
  }
  argument_list_free (arguments);
  return result;
}

static int
run_relay (struct image_server *s)
{
  return run (s, &s->relay, nbdkit_arguments_relay (s->location, s->relay.socket));
}

static int
run_front (struct image_server *s, bool rescan)
{
  return run (s, &s->front, nbdkit_arguments_front (s->location, s->front.socket,
                                                    s->relay.socket, rescan,
                                                    s->shared));
}

static int
start_relay (struct image_server *s)
{
  const bool web = s->location->kind == IMAGE_WEB;

  s->relay.process =
    nbdkit_process_new (web ? "reads from the web server"
                            : "speaks to the image server",
                        s->relay.socket, CONFINED_NETWORK, take_relay_line, s);
  if (!s->relay.process || run_relay (s) == -1)
    return -1;
  return web ? web_images_look (s->location, s->relay.socket, s->relay.process) : 0;
}

static int
start (struct image_server *s, bool rescan)
{
  s->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (s->epoll_fd == -1) {
    report_error (ERROR_SYSTEM_FAILED, "epoll: %s", strerror (errno));
    return -1;
  }
  if (make_directory (s) == -1)
    return -1;
  if (s->location->kind != IMAGE_FILE && start_relay (s) == -1)
    return -1;
  s->front.process = nbdkit_process_new ("serves the image", s->front.socket,
                                         CONFINED_LOCAL, take_front_line, s);
  return s->front.process ? run_front (s, rescan) : -1;
}

static int
look (const struct image_location *location)
{
  switch (location->kind) {
  case IMAGE_FILE: return check_file (location);
  case IMAGE_NBD: return remote_images_look (location);
  case IMAGE_WEB: return 0;     /* nbdkit looks */
  }
  return -1;
}

struct image_server *
image_server_start (const struct image_location *location, bool rescan,
                    bool shared)
{
  struct image_server *s;

  if (look (location) == -1)
    return NULL;
  s = calloc (1, sizeof *s);
  if (!s) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  s->epoll_fd = -1;
  s->location = location;
  s->shared = shared;
  if (start (s, rescan) == 0)
    return s;
  image_server_stop (s);
  return NULL;
}

/* A scan that is remembered spares the one that the first start has done. */
int
image_server_restart (struct image_server *s)
{
  if (s->relay.process && !nbdkit_process_service (s->relay.process)
      && run_relay (s) == -1)
    return -1;
  if (!nbdkit_process_service (s->front.process))
    return run_front (s, false);
  return 0;
}

/* -- End ------------------------------------------------------------------ */

void
image_server_stop (struct image_server *s)
{
  if (!s)
    return;
  if (s->loan) {
    free (s);
    return;
  }
  nbdkit_process_free (s->front.process);
  nbdkit_process_free (s->relay.process);
  if (s->epoll_fd >= 0)
    close (s->epoll_fd);
  if (*s->directory) {
    if (rmdir (s->directory) == -1)
      message_warning ("%s: %s", s->directory, strerror (errno));
    if (interrupt_set_files (INTERRUPT_IMAGE_SERVER, "", "", "") == -1)
      message_warning ("%s: %s", s->directory, strerror (errno));
  }
  free (s);
}

/* -- While it serves ------------------------------------------------------ */

const char *
image_server_socket (const struct image_server *s)
{
  return s->loan ? s->loan->socket : s->front.socket;
}

int
image_server_fd (const struct image_server *s)
{
  return s->loan ? s->loan->fd : s->epoll_fd;
}

bool
image_server_service (struct image_server *s)
{
  bool serves;

  if (s->loan)
    return s->loan->served (s->loan->opaque);
  serves = nbdkit_process_service (s->front.process);
  if (s->relay.process)
    serves = nbdkit_process_service (s->relay.process) && serves;
  return serves;
}

void
image_server_report_end (struct image_server *s)
{
  if (s->loan) {
    report_error (ERROR_IMAGE_NOT_SERVED, "the image is not served any more");
    return;
  }
  if (s->relay.process)
    nbdkit_process_report_end (s->relay.process);
  nbdkit_process_report_end (s->front.process);
}

/* -- The server of another process ----------------------------------------- */

struct image_server *
image_server_borrow (const struct image_loan *loan)
{
  struct image_server *s = calloc (1, sizeof *s);

  if (!s)
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  else
    s->loan = loan;
  return s;
}

bool
image_server_is_borrowed (const struct image_server *s)
{
  return s->loan != NULL;
}

bool
image_server_answers (const struct image_server *s)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  CLEANUP_CLOSE int fd = -1;

  if (!s->loan)
    return true;
  strncpy (address.sun_path, s->loan->socket, sizeof address.sun_path - 1);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd >= 0
         && connect (fd, (struct sockaddr *) &address, sizeof address) == 0;
}
