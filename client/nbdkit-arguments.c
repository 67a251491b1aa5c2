/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "nbdkit-arguments.h"
#include "uri-parts.h"

#define PLUGIN_VARIABLE "FLASHIMAGE_PLUGIN"
#define PLUGIN_NAME "flashimage"
#define PLUGIN_FILE PLUGINDIR "/nbdkit-flashimage-plugin.so"
#define WEB_SECONDS 60          /* for one request of a web server */

static struct argument_list *
begin (const char *socket)
{
  struct argument_list *a = argument_list_new ();

  argument_list_add (a, "nbdkit");
  argument_list_add (a, "-f");
  argument_list_add (a, "--exit-with-parent");
  argument_list_add (a, "-r");
  /* One request at a time on a connection: nbdkit 1.32 aborts when a connection is
   * cut while it answers several.  Blocks are decoded ahead all the same, and a relay
   * is asked on several connections. */
  argument_list_add (a, "-t");
  argument_list_add (a, "1");
  argument_list_add (a, "-U");
  argument_list_add (a, "%s", socket);
  return a;
}

/* As it was installed with this program, which need not be where nbdkit looks for
 * a plugin by its name. */
static const char *
our_plugin (void)
{
  const char *given = getenv (PLUGIN_VARIABLE);

  return given && *given ? given
         : access (PLUGIN_FILE, R_OK) == 0 ? PLUGIN_FILE : PLUGIN_NAME;
}

struct argument_list *
nbdkit_arguments_front (const struct image_location *l, const char *socket,
                        const char *relay, bool rescan, bool shared)
{
  struct argument_list *a = begin (socket);

  argument_list_add (a, "%s", our_plugin ());
  if (shared)
    argument_list_add (a, "share=yes");
  if (l->kind == IMAGE_FILE) {
    argument_list_add (a, "file=%s", l->given);
    if (rescan)
      argument_list_add (a, "index=none");
    return argument_list_finish (a);
  }
  CLEANUP_FREE char *export = uri_escape (l->export ? l->export : "");
  CLEANUP_FREE char *path = uri_escape (relay);
  if (!export || !path) {
    argument_list_free (a);
    return argument_list_finish (NULL);
  }
  argument_list_add (a, "uri=nbd+unix:///%s?socket=%s", export, path);
  argument_list_add (a, "name=%s", l->shown);
  return argument_list_finish (a);
}

static void
add_tls (struct argument_list *a, const struct image_location *l)
{
  argument_list_add (a, "tls=%s", l->tls ? "require" : "off");
  if (l->user)
    argument_list_add (a, "tls-username=%s", l->user);
  if (l->certificates)
    argument_list_add (a, "tls-certificates=%s", l->certificates);
  if (l->psk_file)
    argument_list_add (a, "tls-psk=%s", l->psk_file);
}

struct argument_list *
nbdkit_arguments_relay (const struct image_location *l, const char *socket)
{
  struct argument_list *a = begin (socket);

  if (l->kind == IMAGE_WEB) {
    argument_list_add (a, "curl");
    argument_list_add (a, "url=%s", l->given);
    argument_list_add (a, "protocols=http,https");    /* redirections included */
    argument_list_add (a, "timeout=%d", WEB_SECONDS);
    return argument_list_finish (a);
  }
  argument_list_add (a, "nbd");
  if (l->socket)
    argument_list_add (a, "socket=%s", l->socket);
  else {
    argument_list_add (a, "hostname=%s", l->host);
    argument_list_add (a, "port=%s", l->port);
  }
  argument_list_add (a, "dynamic-export=true");
  add_tls (a, l);
  return argument_list_finish (a);
}
