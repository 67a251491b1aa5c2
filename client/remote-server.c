/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libnbd.h>

#include "clock.h"
#include "remote-server.h"
#include "remote-trouble.h"
#include "report.h"
#include "terminal-text.h"

#define ANSWER_SECONDS 30
#define DESCRIPTION_MAX 1024    /* bytes that are kept of one */

struct remote_server
{
  const struct image_location *location;
  struct nbd_handle *nbd;
  bool connected;               /* and encrypted, if that is wanted */
};

/* -- Waiting -------------------------------------------------------------- */

/* Until the handshake stands still again: 0; -1: the connection is no more; -2: the
 * server says nothing.  An interrupt ends the program on the spot. */
static int
await (struct nbd_handle *nbd)
{
  const double end = clock_now () + ANSWER_SECONDS;

  while (!nbd_aio_is_negotiating (nbd)) {
    const double left = end - clock_now ();

    if (nbd_aio_is_dead (nbd) || nbd_aio_is_closed (nbd))
      return -1;
    if (left <= 0)
      return -2;
    if (nbd_poll (nbd, (int) (left * 1000) + 1) == -1)
      return -1;
  }
  return 0;
}

static void
fail (struct remote_server *s, int result)
{
  struct remote_trouble trouble = {
    .location = s->location, .connected = s->connected,
    .silent = result == -2, .error = nbd_get_errno ()
  };
  const char *text = nbd_get_error ();

  remote_trouble_report (&trouble, text ? text : "the connection broke");
}

/* -- Connecting ----------------------------------------------------------- */

static int
set_up (struct nbd_handle *nbd, const struct image_location *l)
{
  if (nbd_set_opt_mode (nbd, true) == -1
      || nbd_set_full_info (nbd, true) == -1
      || nbd_set_tls (nbd, l->tls ? LIBNBD_TLS_REQUIRE : LIBNBD_TLS_DISABLE) == -1
      || (l->user && nbd_set_tls_username (nbd, l->user) == -1)
      || (l->certificates
          && nbd_set_tls_certificates (nbd, l->certificates) == -1)
      || (l->psk_file && nbd_set_tls_psk_file (nbd, l->psk_file) == -1))
    return -1;
  return l->socket ? nbd_aio_connect_unix (nbd, l->socket)
                   : nbd_aio_connect_tcp (nbd, l->host, l->port);
}

struct remote_server *
remote_server_open (const struct image_location *location)
{
  struct remote_server *s = calloc (1, sizeof *s);
  int result = -1;

  if (!s || !(s->nbd = nbd_create ())) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    free (s);
    return NULL;
  }
  s->location = location;
  if (set_up (s->nbd, location) == 0)
    result = await (s->nbd);
  s->connected = result == 0;
  if (s->connected)
    return s;
  fail (s, result);
  remote_server_close (s);
  return NULL;
}

void
remote_server_close (struct remote_server *s)
{
  if (!s)
    return;
  nbd_close (s->nbd);
  free (s);
}

/* -- Questions ------------------------------------------------------------ */

static int
take_error (void *opaque, int *error)
{
  *(int *) opaque = *error ? *error : -1;
  return 1;
}

/* An answer that is no; with what is meant by it. */
static enum remote_answer
judge (struct remote_server *s, int error)
{
  if (error == ENOENT || error == EINVAL || error == EPERM || error == ENOTSUP)
    return REMOTE_NO;
  fail (s, -1);
  return REMOTE_FAILED;
}

enum remote_answer
remote_server_info (struct remote_server *s, const char *export, uint64_t *size,
                    char **description)
{
  int error = 0, result = -1;
  int64_t bytes;

  *description = NULL;
  if (nbd_set_export_name (s->nbd, export) == -1
      || nbd_aio_opt_info (s->nbd, (nbd_completion_callback) {
             .callback = take_error, .user_data = &error }) == -1
      || (result = await (s->nbd)) != 0) {
    fail (s, result);
    return REMOTE_FAILED;
  }
  if (error > 0)
    return judge (s, error);
  bytes = nbd_get_size (s->nbd);
  if (bytes < 0) {
    fail (s, -1);
    return REMOTE_FAILED;
  }
  *size = (uint64_t) bytes;
  *description = nbd_get_export_description (s->nbd);
  if (!*description)
    *description = strdup ("");
  if (!*description) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return REMOTE_FAILED;
  }
  terminal_text_clean (*description);
  return REMOTE_OK;
}

static int
add_export (struct remote_list *list, const char *name, const char *description)
{
  if (list->nr % 256 == 0) {
    struct remote_export *more =
      reallocarray (list->exports, list->nr + 256, sizeof *more);
    if (!more)
      return -1;
    list->exports = more;
  }
  struct remote_export *e = &list->exports[list->nr];
  e->name = strdup (name);
  e->description = strndup (description, DESCRIPTION_MAX);
  if (!e->name || !e->description) {
    free (e->name);
    free (e->description);
    return -1;
  }
  terminal_text_clean (e->description);
  list->bytes += strlen (name) + strlen (e->description);
  list->nr++;
  return 0;
}

static int
take_export (void *opaque, const char *name, const char *description)
{
  struct remote_list *list = opaque;

  if (list->nr == REMOTE_EXPORTS_MAX || list->bytes > REMOTE_LIST_BYTES
      || add_export (list, name, description) == -1)
    list->cut = true;
  return 0;
}

enum remote_answer
remote_server_list (struct remote_server *s, struct remote_list *list)
{
  int error = 0, result = -1;

  memset (list, 0, sizeof *list);
  if (nbd_aio_opt_list (s->nbd,
                        (nbd_list_callback) {
                          .callback = take_export, .user_data = list },
                        (nbd_completion_callback) {
                          .callback = take_error, .user_data = &error }) == -1
      || (result = await (s->nbd)) != 0) {
    fail (s, result);
    return REMOTE_FAILED;
  }
  return error > 0 ? judge (s, error) : REMOTE_OK;
}

void
remote_list_release (struct remote_list *list)
{
  for (size_t i = 0; i < list->nr; i++) {
    free (list->exports[i].name);
    free (list->exports[i].description);
  }
  free (list->exports);
  memset (list, 0, sizeof *list);
}
