/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "first-boot.h"
#include "fleet-server.h"
#include "interrupt.h"
#include "messages.h"
#include "plan-record.h"
#include "report.h"
#include "tls-trust.h"

#define RESTARTS_MAX 5          /* without progress in between */

struct fleet_server
{
  const struct options *options;
  struct image_location location;
  struct image_server *server;
  struct image_facts image;
  char socket[sizeof ((struct sockaddr_un *) NULL)->sun_path];
  unsigned restarts;
  uint64_t done_at_restart;     /* bytes */
  bool is_given_up;
};

/* A second name of the very socket, not of its path: a server that takes its place
 * is not reached by it until that is proven, too. */
static int
vouch (struct fleet_server *s)
{
  if (link (image_server_socket (s->server), s->socket) == 0)
    return 0;
  report_error (ERROR_TEMPORARY_FILE, "%s: %s", s->socket, strerror (errno));
  return -1;
}

static int
start (struct fleet_server *s)
{
  struct image_location *l = &s->location;

  if (image_location_parse (s->options->image, l) == -1 || tls_trust_find (l) == -1)
    return -1;
  message_phase ("check-image", "Checking the image %s", l->shown);
  s->server = image_server_start (l, s->options->rescan, true);
  if (!s->server || image_facts_read (s->server, l, &s->image) == -1)
    return -1;
  plan_record_image (&s->image, l->kind == IMAGE_FILE ? l->given : l->shown);
  /* An interrupt on the spot would leave what is made now. */
  interrupt_defer ();
  if ((size_t) snprintf (s->socket, sizeof s->socket, "%s-proven",
                         image_server_socket (s->server)) >= sizeof s->socket) {
    report_error (ERROR_TEMPORARY_FILE, "%s: %s", s->socket, strerror (ENAMETOOLONG));
    *s->socket = '\0';
    return -1;
  }
  return vouch (s);
}

struct fleet_server *
fleet_server_start (const struct options *options)
{
  struct fleet_server *s = calloc (1, sizeof *s);

  if (!s) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  s->options = options;
  if (start (s) == 0)
    return s;
  fleet_server_stop (s);
  return NULL;
}

int
fleet_server_make_first_boot (struct fleet_server *s, struct first_boot *first_boot)
{
  return first_boot_make (first_boot, s->server, &s->image);
}

void
fleet_server_stop (struct fleet_server *s)
{
  if (!s)
    return;
  if (*s->socket)
    unlink (s->socket);
  image_server_stop (s->server);
  image_location_release (&s->location);
  free (s);
}

const struct image_facts *
fleet_server_image (const struct fleet_server *s)
{
  return &s->image;
}

const char *
fleet_server_socket (const struct fleet_server *s)
{
  return s->socket;
}

int
fleet_server_fd (const struct fleet_server *s)
{
  return s->is_given_up ? -1 : image_server_fd (s->server);
}

static bool
is_same_image (const struct fleet_server *s, const struct image_facts *now)
{
  const struct integrity *a = &s->image.integrity, *b = &now->integrity;

  if (strcmp (a->digest, b->digest) == 0 && a->disk_size == b->disk_size)
    return true;
  report_error (ERROR_IMAGE_CHANGED,
                "%s is not the image any more that these flashes began with",
                s->location.shown);
  return false;
}

static bool
restart (struct fleet_server *s, uint64_t done)
{
  struct image_facts now;

  if (done > s->done_at_restart)
    s->restarts = 0;
  s->done_at_restart = done;
  if (s->restarts++ == RESTARTS_MAX) {
    report_error (ERROR_NBDKIT_FAILED,
                  "nbdkit has ended %d times without any progress in between",
                  RESTARTS_MAX + 1);
    return false;
  }
  message_phase ("restart-image-server", "Starting nbdkit again");
  return image_server_restart (s->server) == 0
         && image_facts_read (s->server, &s->location, &now) == 0
         && is_same_image (s, &now) && vouch (s) == 0;
}

bool
fleet_server_service (struct fleet_server *s, uint64_t done)
{
  if (s->is_given_up)
    return false;
  if (image_server_service (s->server))
    return true;
  unlink (s->socket);
  image_server_report_end (s->server);
  s->is_given_up = !restart (s, done);
  return !s->is_given_up;
}
