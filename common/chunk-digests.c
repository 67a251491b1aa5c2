/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "block-memory.h"
#include "byte-ranges.h"
#include "chunk-digests.h"
#include "cleanup.h"
#include "file-io.h"
#include "hole-map.h"

/* A page holds the digests of 4 GiB; pages come into being when something is
 * learned, so that a forged size costs nothing. */
#define PAGE_CHUNKS 4096
#define PAGES_MAX (DISK_SIZE_MAX / DIGEST_CHUNK / PAGE_CHUNKS)

/* Chunks in the making: for two sets of threads, readers' and a scan's, a head
 * and a tail each, and some for random readers. */
#define PARTIAL_SPARE 8
#define PARTIAL_MIN 24

/* Gaps in a chunk: as many as there are threads that take tiny Blocks in turn. */
#define GAPS_MAX 512

struct digest_page
{
  bool known[PAGE_CHUNKS];
  unsigned char digests[PAGE_CHUNKS][DIGEST_SIZE];
};

struct partial_chunk
{
  uint64_t chunk;
  uint64_t stamp;               /* DIGESTS->clock at the last piece */
  struct digest_state *state;   /* of the first HASHED bytes */
  uint64_t hashed;
  struct byte_ranges later;     /* in the chunk, behind HASHED: in BUF */
  char *buf;                    /* DIGEST_CHUNK bytes, or NULL: not needed yet */
};

struct chunk_digests
{
  pthread_mutex_t lock;         /* guards the rest */
  struct digest_page **pages;
  size_t nr_pages;
  uint64_t known;
  uint64_t disk_end;            /* of the disk view; UINT64_MAX: not known */
  struct partial_chunk **partial;
  size_t nr_partial, max_partial;
  uint64_t clock;
};

struct chunk_digests *
chunk_digests_new (void)
{
  struct chunk_digests *digests = calloc (1, sizeof *digests);

  if (!digests)
    return NULL;
  pthread_mutex_init (&digests->lock, NULL);
  digests->disk_end = UINT64_MAX;
  chunk_digests_set_threads (digests, 1);
  return digests;
}

static void
free_partial (struct partial_chunk *p)
{
  if (p->state)
    digest_free (p->state);
  byte_ranges_clear (&p->later);
  block_memory_free (p->buf, DIGEST_CHUNK);
  free (p);
}

void
chunk_digests_clear (struct chunk_digests *digests)
{
  LOCK_SCOPE (&digests->lock);
  for (size_t i = 0; i < digests->nr_pages; i++)
    free (digests->pages[i]);
  free (digests->pages);
  digests->pages = NULL;
  digests->nr_pages = 0;
  digests->known = 0;
  digests->disk_end = UINT64_MAX;
  while (digests->nr_partial > 0)
    free_partial (digests->partial[--digests->nr_partial]);
}

void
chunk_digests_free (struct chunk_digests *digests)
{
  if (!digests)
    return;
  chunk_digests_clear (digests);
  free (digests->partial);
  pthread_mutex_destroy (&digests->lock);
  free (digests);
}

void
chunk_digests_set_threads (struct chunk_digests *digests, unsigned threads)
{
  size_t max = 2 * (size_t) threads + PARTIAL_SPARE;

  if (max < PARTIAL_MIN)
    max = PARTIAL_MIN;
  LOCK_SCOPE (&digests->lock);
  if (max <= digests->max_partial)
    return;
  struct partial_chunk **p =
    realloc (digests->partial, max * sizeof *digests->partial);
  if (!p)
    return;                     /* fewer in the making, or none */
  digests->partial = p;
  digests->max_partial = max;
}

/* The page of CHUNK, made if it is missing.  NULL: no memory.  Called with the
 * lock. */
static struct digest_page *
make_page (struct chunk_digests *digests, uint64_t chunk)
{
  const uint64_t page = chunk / PAGE_CHUNKS;
  size_t nr = digests->nr_pages ? digests->nr_pages : 16;

  if (page >= PAGES_MAX)
    return NULL;
  if (page >= digests->nr_pages) {
    while (nr <= page)
      nr *= 2;
    struct digest_page **p = realloc (digests->pages, nr * sizeof *p);
    if (!p)
      return NULL;
    for (size_t i = digests->nr_pages; i < nr; i++)
      p[i] = NULL;
    digests->pages = p;
    digests->nr_pages = nr;
  }
  if (!digests->pages[page])
    digests->pages[page] = calloc (1, sizeof **digests->pages);
  return digests->pages[page];
}

static bool
is_known (const struct chunk_digests *digests, uint64_t chunk)
{
  const uint64_t page = chunk / PAGE_CHUNKS;

  return page < digests->nr_pages && digests->pages[page]
         && digests->pages[page]->known[chunk % PAGE_CHUNKS];
}

static struct partial_chunk *
find_partial (struct chunk_digests *digests, uint64_t chunk)
{
  for (size_t i = 0; i < digests->nr_partial; i++)
    if (digests->partial[i]->chunk == chunk)
      return digests->partial[i];
  return NULL;
}

static void
drop_partial (struct chunk_digests *digests, struct partial_chunk *p)
{
  size_t i = 0;

  while (digests->partial[i] != p)
    i++;
  digests->partial[i] = digests->partial[--digests->nr_partial];
  free_partial (p);
}

/* Called with the lock. */
static bool
set_digest (struct chunk_digests *digests, uint64_t chunk,
            const unsigned char digest[DIGEST_SIZE])
{
  struct digest_page *page = make_page (digests, chunk);
  struct partial_chunk *p = find_partial (digests, chunk);

  if (p)
    drop_partial (digests, p);
  if (!page)
    return false;
  if (!page->known[chunk % PAGE_CHUNKS])
    digests->known++;
  page->known[chunk % PAGE_CHUNKS] = true;
  memcpy (page->digests[chunk % PAGE_CHUNKS], digest, DIGEST_SIZE);
  return true;
}

bool
chunk_digests_set (struct chunk_digests *digests, uint64_t chunk,
                   const unsigned char digest[DIGEST_SIZE])
{
  LOCK_SCOPE (&digests->lock);
  return set_digest (digests, chunk, digest);
}

bool
chunk_digests_get (struct chunk_digests *digests, uint64_t chunk,
                   unsigned char digest[DIGEST_SIZE])
{
  LOCK_SCOPE (&digests->lock);
  if (!is_known (digests, chunk))
    return false;
  memcpy (digest,
          digests->pages[chunk / PAGE_CHUNKS]->digests[chunk % PAGE_CHUNKS],
          DIGEST_SIZE);
  return true;
}

uint64_t
chunk_digests_count (struct chunk_digests *digests)
{
  LOCK_SCOPE (&digests->lock);
  return digests->known;
}

/* The chunk in the making, a new one if there is none.  NULL: no memory. */
static struct partial_chunk *
get_partial (struct chunk_digests *digests, uint64_t chunk)
{
  struct partial_chunk *p = find_partial (digests, chunk);

  if (!p && digests->max_partial > 0) {
    if (digests->nr_partial == digests->max_partial) {
      struct partial_chunk *oldest = digests->partial[0];

      for (size_t i = 1; i < digests->nr_partial; i++)
        if (digests->partial[i]->stamp < oldest->stamp)
          oldest = digests->partial[i];
      drop_partial (digests, oldest);
    }
    p = calloc (1, sizeof *p);
    if (p)
      p->state = digest_new ();
    if (!p || !p->state) {
      free (p);
      return NULL;
    }
    p->chunk = chunk;
    digests->partial[digests->nr_partial++] = p;
  }
  if (p)
    p->stamp = ++digests->clock;
  return p;
}

/* Set the digest of P if P is complete, which is the end of P. */
static void
finish_partial (struct chunk_digests *digests, struct partial_chunk *p)
{
  const uint64_t start = p->chunk * DIGEST_CHUNK;
  unsigned char digest[DIGEST_SIZE];

  if (p->hashed < DIGEST_CHUNK && start + p->hashed != digests->disk_end)
    return;
  digest_get (p->state, digest);
  set_digest (digests, p->chunk, digest);
}

/* Hash LEN bytes at START of the chunk, of which the first are no news, and then
 * what has waited for them. */
static void
hash_piece (struct partial_chunk *p, uint64_t start, const char *buf, size_t len)
{
  struct byte_range next;

  digest_add (p->state, buf + (p->hashed - start),
              (size_t) (start + len - p->hashed));
  p->hashed = start + len;
  while (byte_ranges_find (&p->later, p->hashed, &next)) {
    digest_add (p->state, p->buf + p->hashed, (size_t) (next.end - p->hashed));
    p->hashed = next.end;
  }
}

/* Keep LEN bytes at START of the chunk until those before them are there. */
static void
keep_piece (struct partial_chunk *p, uint64_t start, const char *buf, size_t len)
{
  struct byte_range known;

  if (byte_ranges_find (&p->later, start, &known) && known.end >= start + len)
    return;
  if (!p->buf)
    p->buf = block_memory_new (DIGEST_CHUNK);
  /* The same bytes may be there already; they are the same. */
  if (p->buf && byte_ranges_add (&p->later, start, start + len, GAPS_MAX))
    memcpy (p->buf + start, buf, len);
}

/* Hashing with the lock held is no bottleneck: most chunks come whole, and it is
 * many times faster than any decoder. */
static void
add_piece (struct chunk_digests *digests, uint64_t offset, const char *buf,
           size_t len)
{
  const uint64_t start = offset % DIGEST_CHUNK;

  LOCK_SCOPE (&digests->lock);
  if (is_known (digests, offset / DIGEST_CHUNK))
    return;
  struct partial_chunk *p = get_partial (digests, offset / DIGEST_CHUNK);
  if (!p)
    return;
  if (start > p->hashed)
    keep_piece (p, start, buf, len);
  else if (start + len > p->hashed)
    hash_piece (p, start, buf, len);
  finish_partial (digests, p);
}

static void
add_chunk (struct chunk_digests *digests, uint64_t chunk, const char *buf,
           size_t len)
{
  unsigned char digest[DIGEST_SIZE];

  if (chunk_digests_get (digests, chunk, digest))
    return;
  if (len == DIGEST_CHUNK && is_zero (buf, len))
    memcpy (digest, digest_of_zero_chunk, DIGEST_SIZE);
  else
    digest_of (buf, len, digest);
  chunk_digests_set (digests, chunk, digest);
}

static void
note_end (struct chunk_digests *digests, uint64_t end)
{
  LOCK_SCOPE (&digests->lock);
  if (digests->disk_end == end)
    return;
  digests->disk_end = end;
  /* All of the last chunk may have come before anyone knew that it is the last. */
  struct partial_chunk *p =
    end % DIGEST_CHUNK ? find_partial (digests, end / DIGEST_CHUNK) : NULL;
  if (p)
    finish_partial (digests, p);
}

void
chunk_digests_add (struct chunk_digests *digests, uint64_t offset,
                   const void *buf, size_t len, bool at_end)
{
  const char *p = buf;

  if (at_end)
    note_end (digests, offset + len);
  while (len > 0) {
    uint64_t left = DIGEST_CHUNK - offset % DIGEST_CHUNK;
    size_t n = len < left ? len : (size_t) left;

    if (n == DIGEST_CHUNK
        || (offset % DIGEST_CHUNK == 0 && n == len && at_end))
      add_chunk (digests, offset / DIGEST_CHUNK, p, n);
    else
      add_piece (digests, offset, p, n);
    p += n;
    offset += n;
    len -= n;
  }
}
