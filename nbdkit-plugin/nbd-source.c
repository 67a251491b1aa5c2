/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "hole-map.h"
#include "nbd-source.h"
#include "remote-holes.h"

#define IDLE_MAX 8
#define REFUSALS_MAX 3
#define REFUSAL_PAUSE_MS 250
/* Holes are asked for from a multiple of this on. */
#define HOLES_UNIT (1024 * 1024)
/* A smaller hole is read: two requests around it would take longer. */
#define HOLE_MIN (256 * 1024)

struct nbd_source
{
  struct byte_source source;            /* first */
  struct nbd_server *server;            /* constant, as are the options */
  struct nbd_source_options options;
  atomic_bool extents;                  /* are asked for */
  struct remote_holes holes;

  pthread_mutex_t lock;                 /* guards the rest */
  struct nbd_link *idle[IDLE_MAX];
  unsigned nr_idle;
};

/* -- Connections ---------------------------------------------------------- */

static struct nbd_link *
take_idle (struct nbd_source *source)
{
  LOCK_SCOPE (&source->lock);
  return source->nr_idle > 0 ? source->idle[--source->nr_idle] : NULL;
}

static void
put_idle (struct nbd_source *source, struct nbd_link *link)
{
  {
    LOCK_SCOPE (&source->lock);
    if (source->nr_idle < IDLE_MAX) {
      source->idle[source->nr_idle++] = link;
      link = NULL;
    }
  }
  nbd_link_close (link);
}

static void
close_idle (struct nbd_source *source)
{
  struct nbd_link *link;

  while ((link = take_idle (source)) != NULL)
    nbd_link_close (link);
}

static struct nbd_link *
open_link (struct nbd_source *source, struct nbd_failure *why)
{
  return nbd_link_open (source->server, source->options.view,
                        source->options.extents, why);
}

/* -- Requests, again and again -------------------------------------------- */

/* What is to be done by a connection, and what has come of it so far. */
struct request
{
  struct nbd_source *source;
  int (*run) (struct nbd_link *link, void *opaque, struct nbd_failure *why);
  void *opaque;
  bool fresh;           /* the connection must be new: another one failed */
  unsigned waits, refusals;
};

static int
give_up (const struct nbd_failure *why, struct fault *fault)
{
  return fault_set (fault, why->kind == NBD_CANCELLED ? ECANCELED : EIO, "%s",
                    why->text);
}

/* No connection, or none any more. */
static int
bear_loss (struct request *r, const struct nbd_failure *why, struct fault *fault)
{
  struct nbd_server *server = r->source->server;

  if (why->kind == NBD_CANCELLED || !nbd_server_is_patient (server))
    return give_up (why, fault);
  r->fresh = true;
  if (nbd_server_wait (server, &r->waits, why->text) == 0)
    return 0;
  return fault_set (fault, ECANCELED, "cancelled: the program ends");
}

/* The server says no, on a new connection. */
static int
bear_refusal (struct request *r, const struct nbd_failure *why,
              struct fault *fault)
{
  struct nbd_server *server = r->source->server;

  if (!nbd_server_is_patient (server) || ++r->refusals == REFUSALS_MAX)
    return give_up (why, fault);
  if (nbd_server_pause (server, REFUSAL_PAUSE_MS << r->refusals) == 0)
    return 0;
  return fault_set (fault, ECANCELED, "cancelled: the program ends");
}

/* Another image of another size, if nothing worse. */
static int
check_size (struct request *r, const struct nbd_link *link, struct fault *fault)
{
  const uint64_t size = nbd_link_size (link), was = r->source->source.size;

  if (size == was)
    return 0;
  return fault_set (fault, EIO, "this is not the image any more that was checked: "
                    "it had %" PRIu64 " bytes, and what the server gives now has %"
                    PRIu64 "; put the old image back, or begin anew with the one "
                    "that is there now", was, size);
}

/* A connection to run R on.  1: it is NULL, try again; -1: FAULT is set. */
static int
get_link (struct request *r, struct nbd_link **link, bool *is_new,
          struct fault *fault)
{
  struct nbd_source *source = r->source;
  struct nbd_failure why;

  *link = r->fresh ? NULL : take_idle (source);
  *is_new = !*link;
  if (*link)
    return 0;
  *link = open_link (source, &why);
  if (!*link)
    return bear_loss (r, &why, fault) == -1 ? -1 : 1;
  if (check_size (r, *link, fault) == 0
      && (!source->options.check_same
          || source->options.check_same (source->options.opaque, fault) == 0))
    return 0;
  nbd_link_close (*link);
  return -1;
}

/* R has failed on LINK: 0, to be tried again, or -1 with FAULT set. */
static int
bear_failure (struct request *r, bool is_new, const struct nbd_failure *why,
              struct fault *fault)
{
  /* What is wrong with an old connection, a new one will show. */
  r->fresh = true;
  if (!is_new && why->kind != NBD_CANCELLED) {
    close_idle (r->source);
    return 0;
  }
  return why->kind == NBD_REFUSED ? bear_refusal (r, why, fault)
                                  : bear_loss (r, why, fault);
}

static int
run_request (struct request *r, struct fault *fault)
{
  struct nbd_failure why;
  struct nbd_link *link;
  bool is_new;

  for (;;) {
    int got = get_link (r, &link, &is_new, fault);

    if (got == -1)
      return -1;
    if (got == 1)
      continue;
    if (r->run (link, r->opaque, &why) == 0)
      break;
    nbd_link_close (link);
    if (bear_failure (r, is_new, &why, fault) == -1)
      return -1;
  }
  put_idle (r->source, link);
  nbd_server_answered (r->source->server);
  return 0;
}

/* -- Reading -------------------------------------------------------------- */

struct read_request
{
  char *buf;
  size_t len;
  uint64_t offset;
};

static int
run_read (struct nbd_link *link, void *opaque, struct nbd_failure *why)
{
  const struct read_request *read = opaque;

  return nbd_link_read (link, read->buf, read->len, read->offset, why);
}

static int
read_range (struct nbd_source *source, char *buf, size_t len, uint64_t offset,
            struct fault *fault)
{
  struct read_request read = { .buf = buf, .len = len, .offset = offset };
  struct request r = { .source = source, .run = run_read, .opaque = &read };

  return run_request (&r, fault);
}

struct holes_request
{
  struct nbd_source *source;
  struct holes_answer answer;
};

static void
add_extent (void *opaque, uint64_t length, bool zero)
{
  holes_answer_add (opaque, length, zero && length >= HOLE_MIN);
}

/* A server that does not say it will not be asked again. */
static int
run_ask_holes (struct nbd_link *link, void *opaque, struct nbd_failure *why)
{
  struct holes_request *ask = opaque;
  const uint64_t offset = ask->answer.offset;
  const uint64_t left = nbd_link_size (link) - offset;

  holes_answer_begin (&ask->answer, offset);
  if (nbd_link_has_extents (link)
      && nbd_link_extents (link, left < REMOTE_HOLES_ASK ? left : REMOTE_HOLES_ASK,
                           offset, add_extent, &ask->answer, why) == -1) {
    if (why->kind != NBD_REFUSED)
      return -1;
    holes_answer_begin (&ask->answer, offset);
  }
  if (ask->answer.end == offset)
    atomic_store (&ask->source->extents, false);
  return 0;
}

/* What is at OFFSET, up to *END, LIMIT at most. */
static int
find_holes (struct nbd_source *source, uint64_t offset, uint64_t limit, bool *zero,
            uint64_t *end, struct fault *fault)
{
  *zero = false;
  *end = limit;
  if (!atomic_load (&source->extents)
      || remote_holes_find (&source->holes, offset, limit, zero, end))
    return 0;
  struct holes_request ask = {
    .source = source, .answer.offset = offset / HOLES_UNIT * HOLES_UNIT
  };
  struct request r = { .source = source, .run = run_ask_holes, .opaque = &ask };
  if (run_request (&r, fault) == -1)
    return -1;
  remote_holes_put (&source->holes, &ask.answer);
  remote_holes_find (&source->holes, offset, limit, zero, end);
  return 0;
}

static int
source_read (struct byte_source *base, void *buf, size_t len, uint64_t offset,
             struct fault *fault)
{
  struct nbd_source *source = (struct nbd_source *) base;
  const uint64_t end = offset + len;
  uint64_t next;
  bool zero;

  for (char *p = buf; offset < end; p += next - offset, offset = next) {
    if (find_holes (source, offset, end, &zero, &next, fault) == -1)
      return -1;
    if (zero)
      memset (p, 0, (size_t) (next - offset));
    else if (read_range (source, p, (size_t) (next - offset), offset, fault) == -1)
      return -1;
  }
  return 0;
}

/* -- Start and end -------------------------------------------------------- */

static void
source_cancel (struct byte_source *base)
{
  nbd_server_cancel (((struct nbd_source *) base)->server);
}

static void
source_close (struct byte_source *base)
{
  struct nbd_source *source = (struct nbd_source *) base;

  close_idle (source);
  remote_holes_destroy (&source->holes);
  pthread_mutex_destroy (&source->lock);
  free (source);
}

static const struct byte_source_ops nbd_source_ops = {
  .read = source_read,
  .cancel = source_cancel,
  .close = source_close,
};

struct byte_source *
nbd_source_new (struct nbd_server *server,
                const struct nbd_source_options *options, uint64_t size)
{
  struct nbd_source *source = calloc (1, sizeof *source);

  if (!source)
    return NULL;
  pthread_mutex_init (&source->lock, NULL);
  remote_holes_init (&source->holes);
  source->server = server;
  source->options = *options;
  atomic_init (&source->extents, options->extents);
  source->source = (struct byte_source) {
    .ops = &nbd_source_ops, .size = size, .remote = true,
    .scan_note = options->scan_note
  };
  return &source->source;
}

struct byte_source *
nbd_source_open (struct nbd_server *server,
                 const struct nbd_source_options *options,
                 struct nbd_failure *why)
{
  struct byte_source *base = nbd_source_new (server, options, 0);
  struct nbd_source *source = (struct nbd_source *) base;
  struct nbd_link *link;

  if (!base) {
    *why = (struct nbd_failure) { .kind = NBD_LOST, .text = "out of memory" };
    return NULL;
  }
  link = open_link (source, why);
  if (!link) {
    source_close (base);
    return NULL;
  }
  base->size = nbd_link_size (link);
  put_idle (source, link);
  return base;
}
