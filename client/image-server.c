/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "image-server.h"
#include "interrupt.h"
#include "messages.h"
#include "nbdkit-process.h"
#include "report.h"

#define PLUGIN_VARIABLE "FLASHIMAGE_PLUGIN"
#define PLUGIN_NAME "flashimage"

struct image_server
{
  const char *image;            /* the caller's */
  struct nbdkit_process *nbdkit;
  char directory[64];
  char socket[sizeof ((struct sockaddr_un *) NULL)->sun_path];
};

static int
check_image (const char *image)
{
  CLEANUP_CLOSE int fd = open (image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;

  if (fd == -1 || fstat (fd, &st) == -1) {
    report_error ("%s: %s", image, strerror (errno));
    return -1;
  }
  if (!S_ISREG (st.st_mode)) {
    report_error ("%s: not a file", image);
    return -1;
  }
  if (st.st_size == 0) {
    report_error ("%s: the image is empty", image);
    return -1;
  }
  return 0;
}

/* 0700, on a path that is short enough for a socket in it. */
static int
make_directory (struct image_server *s)
{
  const char *tmp = getenv ("TMPDIR");

  if (!tmp || *tmp != '/' || strlen (tmp) > 32)
    tmp = "/tmp";
  snprintf (s->directory, sizeof s->directory, "%s/flr-nbd-XXXXXX", tmp);
  if (!mkdtemp (s->directory)) {
    report_error ("%s: %s", s->directory, strerror (errno));
    *s->directory = '\0';
    return -1;
  }
  snprintf (s->socket, sizeof s->socket, "%s/nbd", s->directory);
  if (interrupt_set_socket (s->socket, s->directory) == -1) {
    report_error ("%s: %s", s->socket, strerror (errno));
    return -1;
  }
  return 0;
}

static void
show_line (void *opaque, const char *line)
{
  (void) opaque;
  message_detail ("nbdkit: %s", line);
}

static int
start_nbdkit (struct image_server *s, bool rescan)
{
  const char *plugin = getenv (PLUGIN_VARIABLE);
  CLEANUP_FREE char *file = NULL;

  if (asprintf (&file, "file=%s", s->image) == -1) {
    file = NULL;
    report_error ("out of memory");
    return -1;
  }
  /* One request at a time on a connection: nbdkit 1.32 aborts when a tunnel is
   * cut while it answers several.  Blocks are decoded ahead all the same. */
  const char *const argv[] = {
    "nbdkit", "-f", "--exit-with-parent", "-r", "-t", "1", "-U", s->socket,
    plugin && *plugin ? plugin : PLUGIN_NAME, file,
    rescan ? "index=none" : NULL, NULL
  };
  return nbdkit_process_start (s->nbdkit, (char *const *) argv);
}

struct image_server *
image_server_start (const char *image, bool rescan)
{
  struct image_server *s;

  if (check_image (image) == -1)
    return NULL;
  s = calloc (1, sizeof *s);
  if (!s) {
    report_error ("out of memory");
    return NULL;
  }
  s->image = image;
  if (make_directory (s) == 0
      && (s->nbdkit = nbdkit_process_new ("serves the image", s->socket,
                                          show_line, s)) != NULL
      && start_nbdkit (s, rescan) == 0)
    return s;
  image_server_stop (s);
  return NULL;
}

/* A scan that is remembered spares the one that the first start has done. */
int
image_server_restart (struct image_server *s)
{
  return start_nbdkit (s, false);
}

void
image_server_stop (struct image_server *s)
{
  if (!s)
    return;
  nbdkit_process_free (s->nbdkit);
  if (*s->directory) {
    if (rmdir (s->directory) == -1)
      message_warning ("%s: %s", s->directory, strerror (errno));
    if (interrupt_set_socket (NULL, NULL) == -1)
      message_warning ("%s: %s", s->directory, strerror (errno));
  }
  free (s);
}

const char *
image_server_socket (const struct image_server *s)
{
  return s->socket;
}

int
image_server_fd (const struct image_server *s)
{
  return nbdkit_process_fd (s->nbdkit);
}

bool
image_server_service (struct image_server *s)
{
  return nbdkit_process_service (s->nbdkit);
}

void
image_server_report_end (struct image_server *s)
{
  nbdkit_process_report_end (s->nbdkit);
}
