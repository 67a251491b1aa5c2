/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "copy.h"
#include "file-io.h"
#include "progress.h"
#include "report.h"
#include "say.h"

#define WINDOW_CHUNKS (COPY_WINDOW / DIGEST_CHUNK)
#define NR_WINDOWS 2

/* NOLINTNEXTLINE(misc-redundant-expression): so it shall stay */
_Static_assert (COPY_WINDOW <= IMAGE_SOURCE_MAX_FILL, "one fill a window");

/* Handed to and fro: while `full' is false the filling thread has it, while it
 * is true the writing one. */
struct window
{
  unsigned char *buf;
  uint64_t offset;
  size_t len;
  uint64_t payload;             /* bytes of it that travelled */
  bool zero[WINDOW_CHUNKS];
  unsigned char digests[WINDOW_CHUNKS][DIGEST_SIZE];
  bool full;                    /* under the lock */
};

struct copy
{
  struct flash *flash;
  uint64_t start;               /* where this run begins; never changes */
  struct window windows[NR_WINDOWS];
  unsigned char *first_chunk;   /* a map; writing thread only */
  bool has_first_chunk;
  struct progress progress;
  struct progress_waits waits;

  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool filling_failed;          /* under the lock */
};

int
copy_open_target (struct flash *flash)
{
  const struct flash_settings *s = flash->settings;
  char path[PATH_MAX];

  ram_root_path (path, "dev/target");
  if (target_open (&flash->target, path, true, s->target_size, s->disk_size)
      == -1)
    return -1;
  flash->writer = (struct range_writer) {
    .target = &flash->target, .disk = s->target_name,
    .dd = {
      .dd = s->dd, .target = flash->target.path,
      .block_size = flash->target.block_size,
      .direct = dd_writer_can_direct (flash->target.path),
    },
  };
  return 0;
}

/* ---- The filling thread. ---- */

static void
digest_window (struct window *w, bool known_zero)
{
  for (size_t start = 0, i = 0; start < w->len; start += DIGEST_CHUNK, i++) {
    size_t n = range_chunk_at (w->len, start);

    w->zero[i] = known_zero || is_zero (w->buf + start, n);
    if (w->zero[i] && n == DIGEST_CHUNK)
      memcpy (w->digests[i], digest_of_zero_chunk, DIGEST_SIZE);
    else
      digest_of (w->buf + start, n, w->digests[i]);
  }
}

static void
hand_over (struct copy *c, struct window *w, bool failed)
{
  LOCK_SCOPE (&c->lock);
  if (failed)
    c->filling_failed = true;
  else
    w->full = true;
  pthread_cond_broadcast (&c->changed);
}

static void
wait_until_empty (struct copy *c, struct window *w)
{
  const int64_t before = progress_clock ();
  LOCK_SCOPE (&c->lock);
  while (w->full)
    pthread_cond_wait (&c->changed, &c->lock);
  c->waits.disk += (uint32_t) (progress_clock () - before);
}

static void *
fill_windows (void *opaque)
{
  struct copy *c = opaque;
  uint64_t size = c->flash->settings->disk_size;
  size_t which = 0;

  for (uint64_t offset = c->start; offset < size; offset += COPY_WINDOW) {
    struct window *w = &c->windows[which++ % NR_WINDOWS];

    wait_until_empty (c, w);
    w->offset = offset;
    w->len = size - offset < COPY_WINDOW ? (size_t) (size - offset)
                                         : COPY_WINDOW;
    bool failed = image_source_fill (c->flash->source, w->buf, w->len, offset)
                  == -1;
    w->payload = c->flash->source->payload;
    if (!failed)
      digest_window (w, c->flash->source->all_zero);
    hand_over (c, w, failed);
    if (failed)
      break;
  }
  return NULL;
}

/* ---- The writing thread. ---- */

/* The window once it is full; NULL when it never will be. */
static struct window *
wait_until_full (struct copy *c, struct window *w)
{
  const int64_t before = progress_clock ();
  LOCK_SCOPE (&c->lock);
  while (!w->full && !c->filling_failed)
    pthread_cond_wait (&c->changed, &c->lock);
  c->waits.source += (uint32_t) (progress_clock () - before);
  return w->full ? w : NULL;
}

static void
give_window_back (struct copy *c, struct window *w)
{
  LOCK_SCOPE (&c->lock);
  w->full = false;
  pthread_cond_broadcast (&c->changed);
}

/* What the target has for sure. */
static uint64_t
durable_bytes (const struct flash *flash)
{
  uint64_t position = flash->state.position;

  if (flash->state.first_chunk)
    return position;
  return position < DIGEST_CHUNK ? 0 : position - DIGEST_CHUNK;
}

/* The target has it. */
static int
advance_journal (struct copy *c)
{
  struct flash *flash = c->flash;

  if (journal_update (flash->journal, &flash->state) == -1)
    return -1;
  progress_update (&c->progress, durable_bytes (flash), flash->state.zeroed);
  return 0;
}

static int
store_digests (struct flash *flash, const struct window *w)
{
  uint64_t index = w->offset / DIGEST_CHUNK;

  for (size_t start = 0, i = 0; start < w->len; start += DIGEST_CHUNK, i++)
    if (digest_table_put (flash->digests, index + i, w->digests[i]) == -1)
      return -1;
  return 0;
}

static int
write_window (struct copy *c, const struct window *w)
{
  struct flash *flash = c->flash;
  size_t skip = 0;

  if (w->offset == 0) {
    skip = range_chunk_at (w->len, 0);
    memcpy (c->first_chunk, w->buf, skip);
    c->has_first_chunk = true;
  }
  if (range_writer_put (&flash->writer, w->buf + skip, w->len - skip,
                        w->offset + skip, w->zero + (skip > 0),
                        &flash->state.zeroed) == -1
      || store_digests (flash, w) == -1)
    return -1;
  flash->state.position = w->offset + w->len;
  flash->state.needed += w->payload;
  return advance_journal (c);
}

int
copy_fetch_again (struct flash *flash, uint64_t index, unsigned char *buf)
{
  uint64_t offset = index * DIGEST_CHUNK;
  size_t len = digest_table_chunk_size (flash->digests, index);

  if (image_source_fill (flash->source, buf, len, offset) == -1)
    return -1;
  int r = digest_table_matches (flash->digests, index, buf);
  if (r != 0)
    return r == 1 ? 0 : -1;
  report_error (ERROR_IMAGE_CHANGED,
                "%s now delivers other bytes at offset %" PRIu64 " than before",
                flash->settings->stream ? "the image server"
                                        : "the staged image", offset);
  return -1;
}

/* Until here the disk has no partition table, so nothing will take a
 * half-written one for a system. */
static int
write_first_chunk (struct copy *c)
{
  struct flash *flash = c->flash;
  size_t len = digest_table_chunk_size (flash->digests, 0);

  if (!c->has_first_chunk
      && copy_fetch_again (flash, 0, c->first_chunk) == -1)
    return -1;
  if (range_writer_put (&flash->writer, c->first_chunk, len, 0, NULL,
                        &flash->state.zeroed) == -1)
    return -1;
  flash->state.first_chunk = true;
  return advance_journal (c);
}

/* The last moment at which nothing has been written.  The journal is set down
 * first: from here on a new process must know. */
static int
begin_writing (struct flash *flash)
{
  static const bool zero[1] = { true };

  if (journal_update (flash->journal, &flash->state) == -1)
    return -1;
  say_set_written ("partial");
  say ("state", "name", "writing", NULL);
  if (flash->state.position > 0)
    return 0;
  return range_writer_put (&flash->writer, NULL,
                           digest_table_chunk_size (flash->digests, 0), 0, zero,
                           NULL);
}

static int
write_windows (struct copy *c)
{
  size_t which = 0;

  for (uint64_t offset = c->start; offset < c->flash->settings->disk_size;
       offset += COPY_WINDOW) {
    struct window *w = &c->windows[which++ % NR_WINDOWS];

    if (!wait_until_full (c, w)
        || (offset == c->start && begin_writing (c->flash) == -1)
        || write_window (c, w) == -1)
      return -1;
    give_window_back (c, w);
  }
  return 0;
}

static void
free_copy (struct copy *c)
{
  for (size_t i = 0; i < NR_WINDOWS; i++)
    free (c->windows[i].buf);
  if (c->first_chunk)
    munmap (c->first_chunk, DIGEST_CHUNK);
  free (c);
}

/* Once the first window is durable, its digest tells whether chunk 0 is
 * there. */
static int
map_first_chunk (struct copy *c, struct flash *flash)
{
  char path[PATH_MAX];
  void *map = MAP_FAILED;

  ram_root_path (path, "first-chunk");
  CLEANUP_CLOSE int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  int error = fd == -1 ? errno : posix_fallocate (fd, 0, DIGEST_CHUNK);
  if (error == 0) {
    map = mmap (NULL, DIGEST_CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    error = map == MAP_FAILED ? errno : 0;
  }
  if (error != 0) {
    report_error (ERROR_RAM_ROOT_FULL, "%s: no room for the first chunk: %s", path,
                  strerror (error));
    return -1;
  }
  c->first_chunk = map;
  const int r = flash->state.position == 0
    ? 0 : digest_table_matches (flash->digests, 0, map);
  c->has_first_chunk = r == 1;
  return r == -1 ? -1 : 0;
}

static struct copy *
new_copy (struct flash *flash)
{
  struct copy *c = calloc (1, sizeof *c);
  bool whole = c != NULL;

  for (size_t i = 0; whole && i < NR_WINDOWS; i++)
    whole = (c->windows[i].buf = malloc (COPY_WINDOW)) != NULL;
  if (!whole)
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the copy's windows");
  if (!whole || map_first_chunk (c, flash) == -1) {
    if (c)
      free_copy (c);
    return NULL;
  }
  c->flash = flash;
  c->start = flash->state.position;
  c->progress = (struct progress) {
    .phase = "copy", .total = flash->settings->disk_size, .extra_key = "zeroed",
    .waits = &c->waits,
  };
  pthread_mutex_init (&c->lock, NULL);
  pthread_cond_init (&c->changed, NULL);
  return c;
}

int
copy_run (struct flash *flash)
{
  struct copy *c = new_copy (flash);
  pthread_t thread;

  if (!c)
    return -1;
  progress_update (&c->progress, durable_bytes (flash), flash->state.zeroed);
  int error = pthread_create (&thread, NULL, fill_windows, c);
  if (error != 0) {
    report_error (ERROR_SESSION_FAILED,
                  "no thread for reading the image: %s", strerror (error));
    free_copy (c);
    return -1;
  }
  if (write_windows (c) == -1) {
    /* The thread may sit in a read that nobody will answer; it and what it
     * uses end with the process. */
    pthread_detach (thread);
    return -1;
  }
  pthread_join (thread, NULL);
  int r = flash->state.first_chunk ? 0 : write_first_chunk (c);
  free_copy (c);
  return r;
}
