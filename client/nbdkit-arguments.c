/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "nbdkit-arguments.h"
#include "report.h"
#include "uri-parts.h"

#define PLUGIN_VARIABLE "FLASHIMAGE_PLUGIN"
#define PLUGIN_NAME "flashimage"
#define WEB_SECONDS 60          /* for one request of a web server */

void
nbdkit_arguments_free (struct nbdkit_arguments *a)
{
  if (!a)
    return;
  for (size_t i = 0; i < NBDKIT_ARGUMENTS_MAX; i++)
    free (a->argv[i]);
  free (a);
}

/* What has no room, or no memory, is missed by finish. */
static void __attribute__ ((__format__ (__printf__, 2, 3)))
add (struct nbdkit_arguments *a, const char *fmt, ...)
{
  va_list args;

  if (!a || a->nr >= NBDKIT_ARGUMENTS_MAX)
    return;
  va_start (args, fmt);
  if (vasprintf (&a->argv[a->nr], fmt, args) == -1)
    a->argv[a->nr] = NULL;
  va_end (args);
  a->nr++;
}

static struct nbdkit_arguments *
begin (const char *socket)
{
  struct nbdkit_arguments *a = calloc (1, sizeof *a);

  add (a, "nbdkit");
  add (a, "-f");
  add (a, "--exit-with-parent");
  add (a, "-r");
  /* One request at a time on a connection: nbdkit 1.32 aborts when a connection is
   * cut while it answers several.  Blocks are decoded ahead all the same, and a relay
   * is asked on several connections. */
  add (a, "-t");
  add (a, "1");
  add (a, "-U");
  add (a, "%s", socket);
  return a;
}

static struct nbdkit_arguments *
finish (struct nbdkit_arguments *a)
{
  for (size_t i = 0; a && i < a->nr; i++)
    if (!a->argv[i]) {
      nbdkit_arguments_free (a);
      a = NULL;
    }
  if (!a)
    report_error ("out of memory");
  return a;
}

struct nbdkit_arguments *
nbdkit_arguments_front (const struct image_location *l, const char *socket,
                        const char *relay, bool rescan, bool shared)
{
  struct nbdkit_arguments *a = begin (socket);
  const char *plugin = getenv (PLUGIN_VARIABLE);

  add (a, "%s", plugin && *plugin ? plugin : PLUGIN_NAME);
  if (shared)
    add (a, "share=yes");
  if (l->kind == IMAGE_FILE) {
    add (a, "file=%s", l->given);
    if (rescan)
      add (a, "index=none");
    return finish (a);
  }
  CLEANUP_FREE char *export = uri_escape (l->export ? l->export : "");
  CLEANUP_FREE char *path = uri_escape (relay);
  if (!export || !path) {
    nbdkit_arguments_free (a);
    return finish (NULL);
  }
  add (a, "uri=nbd+unix:///%s?socket=%s", export, path);
  add (a, "name=%s", l->shown);
  return finish (a);
}

static void
add_tls (struct nbdkit_arguments *a, const struct image_location *l)
{
  add (a, "tls=%s", l->tls ? "require" : "off");
  if (l->user)
    add (a, "tls-username=%s", l->user);
  if (l->certificates)
    add (a, "tls-certificates=%s", l->certificates);
  if (l->psk_file)
    add (a, "tls-psk=%s", l->psk_file);
}

struct nbdkit_arguments *
nbdkit_arguments_relay (const struct image_location *l, const char *socket)
{
  struct nbdkit_arguments *a = begin (socket);

  if (l->kind == IMAGE_WEB) {
    add (a, "curl");
    add (a, "url=%s", l->given);
    add (a, "protocols=http,https");    /* redirections included */
    add (a, "timeout=%d", WEB_SECONDS);
    return finish (a);
  }
  add (a, "nbd");
  if (l->socket)
    add (a, "socket=%s", l->socket);
  else {
    add (a, "hostname=%s", l->host);
    add (a, "port=%s", l->port);
  }
  add (a, "dynamic-export=true");
  add_tls (a, l);
  return finish (a);
}
