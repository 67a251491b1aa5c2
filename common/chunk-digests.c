/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "chunk-digests.h"
#include "cleanup.h"
#include "hole-map.h"

#define CHUNKS_MAX (DISK_SIZE_MAX / DIGEST_CHUNK)

struct chunk_digests
{
  pthread_mutex_t lock;         /* guards the rest */
  struct known_digest
  {
    bool known;
    unsigned char digest[DIGEST_SIZE];
  } *chunks;
  size_t nr;
};

struct chunk_digests *
chunk_digests_new (void)
{
  struct chunk_digests *digests = calloc (1, sizeof *digests);

  if (digests)
    pthread_mutex_init (&digests->lock, NULL);
  return digests;
}

void
chunk_digests_free (struct chunk_digests *digests)
{
  if (!digests)
    return;
  pthread_mutex_destroy (&digests->lock);
  free (digests->chunks);
  free (digests);
}

/* Called with the lock. */
static bool
make_room (struct chunk_digests *digests, uint64_t chunk)
{
  size_t nr = digests->nr ? digests->nr : 256;

  if (chunk < digests->nr)
    return true;
  if (chunk >= CHUNKS_MAX)
    return false;
  while (nr <= chunk)
    nr *= 2;
  struct known_digest *p = realloc (digests->chunks, nr * sizeof *p);
  if (!p)
    return false;
  memset (p + digests->nr, 0, (nr - digests->nr) * sizeof *p);
  digests->chunks = p;
  digests->nr = nr;
  return true;
}

bool
chunk_digests_set (struct chunk_digests *digests, uint64_t chunk,
                   const unsigned char digest[DIGEST_SIZE])
{
  LOCK_SCOPE (&digests->lock);
  if (!make_room (digests, chunk))
    return false;
  digests->chunks[chunk].known = true;
  memcpy (digests->chunks[chunk].digest, digest, DIGEST_SIZE);
  return true;
}

bool
chunk_digests_get (struct chunk_digests *digests, uint64_t chunk,
                   unsigned char digest[DIGEST_SIZE])
{
  LOCK_SCOPE (&digests->lock);
  if (chunk >= digests->nr || !digests->chunks[chunk].known)
    return false;
  memcpy (digest, digests->chunks[chunk].digest, DIGEST_SIZE);
  return true;
}

void
chunk_digests_add (struct chunk_digests *digests, uint64_t offset,
                   const void *buf, size_t len, bool at_end)
{
  const char *p = buf;

  while (len > 0) {
    uint64_t chunk = offset / DIGEST_CHUNK;
    uint64_t left = DIGEST_CHUNK - offset % DIGEST_CHUNK;
    size_t n = len < left ? len : (size_t) left;
    unsigned char digest[DIGEST_SIZE];

    if (offset % DIGEST_CHUNK == 0 && (n == DIGEST_CHUNK || (n == len && at_end))
        && !chunk_digests_get (digests, chunk, digest)) {
      digest_of (p, n, digest);
      chunk_digests_set (digests, chunk, digest);
    }
    p += n;
    offset += n;
    len -= n;
  }
}
