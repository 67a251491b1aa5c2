/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnbd.h>

#include "cleanup.h"
#include "nbd-link.h"

#define CONTEXT LIBNBD_CONTEXT_BASE_ALLOCATION
#define POLL_MS 100             /* between looks at a cancellation */
#define SILENCE_SECONDS 60
#define READ_MAX (1024 * 1024)
#define ALIGNMENT_MAX (64 * 1024)

struct nbd_link
{
  struct nbd_server *server;
  struct nbd_handle *nbd;
  uint64_t size;
  uint32_t alignment;           /* of requests: a power of two */
  uint32_t read_max;            /* a multiple of ALIGNMENT */
  bool extents;
  time_t deadline;              /* of what is waited for now */
  int refusal;                  /* errno of the export that was asked for */
};

/* -- Failures ------------------------------------------------------------- */

static int fail (struct nbd_failure *why, enum nbd_failure_kind kind,
                 const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 3, 4)));

static int
fail (struct nbd_failure *why, enum nbd_failure_kind kind, const char *fmt, ...)
{
  va_list args;

  why->kind = kind;
  va_start (args, fmt);
  if (vsnprintf (why->text, sizeof why->text, fmt, args) < 0)
    why->text[0] = '\0';
  va_end (args);
  return -1;
}

/* libnbd's last error in this thread: "nbd_connect_uri: TEXT". */
static int
fail_nbd (struct nbd_failure *why, enum nbd_failure_kind kind)
{
  const char *text = nbd_get_error ();

  return fail (why, kind, "%s", text ? text : "no cause given");
}

/* What the server says about an export that it does not give. */
static int
fail_export (struct nbd_failure *why, const char *name, int error)
{
  const char *text = error == ENOENT
                     ? "the server has no such export, or cannot open it"
                     : strerror (error);

  return fail (why, NBD_REFUSED, "export \"%.150s\": %s", name, text);
}

/* -- Waiting -------------------------------------------------------------- */

static time_t
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec;
}

static void
begin_wait (struct nbd_link *link)
{
  link->deadline = now () + SILENCE_SECONDS;
}

/* Let libnbd go on: 0, or -1 with WHY set. */
static int
wait_some (struct nbd_link *link, struct nbd_failure *why)
{
  if (nbd_server_is_cancelled (link->server))
    return fail (why, NBD_CANCELLED, "cancelled: the program ends");
  if (now () > link->deadline)
    return fail (why, NBD_LOST, "nothing came for %d seconds", SILENCE_SECONDS);
  return nbd_poll (link->nbd, POLL_MS) == -1 ? fail_nbd (why, NBD_LOST) : 0;
}

/* Until libnbd is not busy with connecting. */
static int
wait_connected (struct nbd_link *link, struct nbd_failure *why)
{
  begin_wait (link);
  while (nbd_aio_is_connecting (link->nbd) == 1)
    if (wait_some (link, why) == -1)
      return -1;
  if (nbd_aio_is_dead (link->nbd) == 1 || nbd_aio_is_closed (link->nbd) == 1)
    return fail (why, NBD_LOST, "the server has closed the connection");
  return 0;
}

/* -- Connecting ----------------------------------------------------------- */

/* The name of the VIEW of what the URI names.  "disk" is what an image that
 * is served alone is called. */
static char *
view_name (struct nbd_handle *nbd, const char *view)
{
  CLEANUP_FREE char *name = nbd_get_export_name (nbd);
  char *full;

  if (!name)
    return NULL;
  if (*name == '\0' || strcmp (name, "disk") == 0)
    return strdup (view);
  return asprintf (&full, "%s/%s", name, view) == -1 ? NULL : full;
}

static int
note_result (void *opaque, int *error)
{
  *(int *) opaque = *error;
  return 1;
}

/* Choose the export, in the middle of the handshake. */
static int
choose_export (struct nbd_link *link, const char *view, struct nbd_failure *why)
{
  CLEANUP_FREE char *name = view ? view_name (link->nbd, view)
                                 : nbd_get_export_name (link->nbd);

  if (!name)
    return fail (why, NBD_LOST, "out of memory");
  if (nbd_set_export_name (link->nbd, name) == -1)
    return fail_nbd (why, NBD_REFUSED);
  if (nbd_aio_opt_go (link->nbd, (nbd_completion_callback) {
                        .callback = note_result, .user_data = &link->refusal }) == -1)
    return fail_nbd (why, NBD_LOST);
  if (wait_connected (link, why) == -1)
    return -1;
  return nbd_aio_is_ready (link->nbd) == 1 ? 0 : fail_export (why, name, link->refusal);
}

static int
handshake (struct nbd_link *link, const char *view, struct nbd_failure *why)
{
  if (nbd_aio_connect_uri (link->nbd, nbd_server_uri (link->server)) == -1)
    return fail_nbd (why, NBD_LOST);
  if (wait_connected (link, why) == -1)
    return -1;
  if (nbd_aio_is_negotiating (link->nbd) == 1)
    return choose_export (link, view, why);
  /* A server so old that it has one export only. */
  return view ? fail_export (why, view, ENOENT) : 0;
}

/* What the server says of its export's size and of its requests. */
static int
examine (struct nbd_link *link, struct nbd_failure *why)
{
  const int64_t size = nbd_get_size (link->nbd);
  const int64_t min = nbd_get_block_size (link->nbd, LIBNBD_SIZE_MINIMUM);
  const int64_t max = nbd_get_block_size (link->nbd, LIBNBD_SIZE_MAXIMUM);

  if (size < 0)
    return fail_nbd (why, NBD_REFUSED);
  link->size = (uint64_t) size;
  if (min > ALIGNMENT_MAX || (min > 0 && (min & (min - 1)) != 0)
      || (max > 0 && max < min))
    return fail (why, NBD_REFUSED, "the server wants requests of a strange size");
  link->alignment = min > 0 ? (uint32_t) min : 1;
  link->read_max = max > 0 && max < READ_MAX ? (uint32_t) max : READ_MAX;
  link->read_max -= link->read_max % link->alignment;
  if (link->size % link->alignment != 0)
    return fail (why, NBD_REFUSED, "the size of the export, %" PRIu64 " bytes, is "
                 "not one that the server lets be read", link->size);
  link->extents = nbd_can_meta_context (link->nbd, CONTEXT) == 1;
  return 0;
}

static int
set_up (struct nbd_link *link, bool extents, struct nbd_failure *why)
{
  link->nbd = nbd_create ();
  if (!link->nbd || nbd_set_opt_mode (link->nbd, true) == -1
      || nbd_set_uri_allow_local_file (link->nbd, true) == -1
      || (extents && nbd_add_meta_context (link->nbd, CONTEXT) == -1))
    return fail_nbd (why, NBD_LOST);
  return 0;
}

struct nbd_link *
nbd_link_open (struct nbd_server *server, const char *view, bool extents,
               struct nbd_failure *why)
{
  struct nbd_link *link = calloc (1, sizeof *link);

  if (!link) {
    fail (why, NBD_LOST, "out of memory");
    return NULL;
  }
  link->server = server;
  if (set_up (link, extents, why) == 0 && handshake (link, view, why) == 0
      && examine (link, why) == 0)
    return link;
  nbd_link_close (link);
  return NULL;
}

void
nbd_link_close (struct nbd_link *link)
{
  if (!link)
    return;
  /* The server may want to hear that it was no accident. */
  if (link->nbd && nbd_aio_is_ready (link->nbd) == 1)
    nbd_aio_disconnect (link->nbd, 0);
  nbd_close (link->nbd);
  free (link);
}

uint64_t
nbd_link_size (const struct nbd_link *link)
{
  return link->size;
}

/* -- Requests ------------------------------------------------------------- */

/* A connection that is still good has brought the server's answer. */
static int
fail_request (struct nbd_link *link, struct nbd_failure *why)
{
  return fail_nbd (why, nbd_aio_is_ready (link->nbd) == 1 ? NBD_REFUSED : NBD_LOST);
}

static int
wait_completed (struct nbd_link *link, int64_t cookie, struct nbd_failure *why)
{
  int r;

  if (cookie == -1)
    return fail_request (link, why);
  begin_wait (link);
  while ((r = nbd_aio_command_completed (link->nbd, (uint64_t) cookie)) == 0)
    if (wait_some (link, why) == -1)
      return -1;
  return r == 1 ? 0 : fail_request (link, why);
}

static int
read_aligned (struct nbd_link *link, void *buf, size_t len, uint64_t offset,
              struct nbd_failure *why)
{
  char *p = buf;

  while (len > 0) {
    const size_t n = len < link->read_max ? len : link->read_max;

    if (wait_completed (link, nbd_aio_pread (link->nbd, p, n, offset,
                                             NBD_NULL_COMPLETION, 0), why) == -1)
      return -1;
    p += n;
    offset += n;
    len -= n;
  }
  return 0;
}

int
nbd_link_read (struct nbd_link *link, void *buf, size_t len, uint64_t offset,
               struct nbd_failure *why)
{
  const size_t before = (size_t) (offset % link->alignment);
  const size_t after =
    (link->alignment - (before + len) % link->alignment) % link->alignment;
  CLEANUP_FREE char *wider = NULL;

  if (before == 0 && after == 0)
    return read_aligned (link, buf, len, offset, why);
  wider = malloc (before + len + after);
  if (!wider)
    return fail (why, NBD_LOST, "out of memory");
  if (read_aligned (link, wider, before + len + after, offset - before, why) == -1)
    return -1;
  memcpy (buf, wider + before, len);
  return 0;
}

/* -- Extents -------------------------------------------------------------- */

bool
nbd_link_has_extents (const struct nbd_link *link)
{
  return link->extents;
}

struct extents_request
{
  uint64_t offset;
  nbd_extent_fn fn;
  void *opaque;
  bool told;
};

static int
tell_extents (void *opaque, const char *context, uint64_t offset,
              uint32_t *entries, size_t nr_entries, int *error)
{
  struct extents_request *request = opaque;

  (void) error;
  if (strcmp (context, CONTEXT) != 0 || offset != request->offset
      || request->told)
    return 0;
  for (size_t i = 0; i + 1 < nr_entries; i += 2)
    request->fn (request->opaque, entries[i],
                 (entries[i + 1] & LIBNBD_STATE_ZERO) != 0);
  request->told = true;
  return 0;
}

int
nbd_link_extents (struct nbd_link *link, uint64_t len, uint64_t offset,
                  nbd_extent_fn fn, void *opaque, struct nbd_failure *why)
{
  struct extents_request request = {
    .offset = offset, .fn = fn, .opaque = opaque
  };
  const uint64_t wider = len + link->alignment - 1;

  int64_t cookie =
    nbd_aio_block_status (link->nbd, wider - wider % link->alignment, offset,
                          (nbd_extent_callback) { .callback = tell_extents,
                                                  .user_data = &request },
                          NBD_NULL_COMPLETION, 0);
  return wait_completed (link, cookie, why);
}
