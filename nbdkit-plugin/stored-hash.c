/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "cleanup.h"
#include "debug-flags.h"
#include "image-scan.h"
#include "report.h"
#include "stored-hash.h"

#define BUFFER_SIZE (1024 * 1024)

struct stored_hash
{
  struct image *im;
  const char *name;
  atomic_bool believed;         /* REMEMBERED is good */
  unsigned char remembered[CHECKSUM_SIZE];      /* constant */
  pthread_mutex_t lock;         /* held by the thread that makes the pass */
  atomic_bool known;            /* HASH is constant from then on */
  unsigned char hash[CHECKSUM_SIZE];
};

struct stored_hash *
stored_hash_new (struct image *im, const char *name)
{
  struct stored_hash *stored = calloc (1, sizeof *stored);

  if (!stored) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    errno = ENOMEM;
    return NULL;
  }
  stored->im = im;
  stored->name = name;
  atomic_init (&stored->believed, image_get_sha256 (im, stored->remembered));
  pthread_mutex_init (&stored->lock, NULL);
  return stored;
}

void
stored_hash_free (struct stored_hash *stored)
{
  if (!stored)
    return;
  pthread_mutex_destroy (&stored->lock);
  free (stored);
}

static int
make_pass (struct stored_hash *stored)
{
  const uint64_t size = image_stored_size (stored->im);
  CLEANUP_FREE unsigned char *buf = malloc (BUFFER_SIZE);
  struct sha256_ctx ctx;

  if (!buf) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    errno = ENOMEM;
    return -1;
  }
  if (flashimage_debug_scan)
    nbdkit_debug ("scan: %s: the SHA-256 is made", stored->name);
  sha256_init (&ctx);
  for (uint64_t offset = 0; offset < size; ) {
    size_t n = size - offset < BUFFER_SIZE ? (size_t) (size - offset)
      : BUFFER_SIZE;

    if (image_pread_stored (stored->im, buf, n, offset) == -1)
      return -1;
    sha256_update (&ctx, n, buf);
    offset += n;
  }
  sha256_digest (&ctx, CHECKSUM_SIZE, stored->hash);
  return 0;
}

void
stored_hash_doubt (struct stored_hash *stored)
{
  atomic_store (&stored->believed, false);
}

bool
stored_hash_peek (struct stored_hash *stored, unsigned char hash[CHECKSUM_SIZE])
{
  const bool known = atomic_load (&stored->known);

  if (!known && !atomic_load (&stored->believed))
    return false;
  memcpy (hash, known ? stored->hash : stored->remembered, CHECKSUM_SIZE);
  return true;
}

int
stored_hash_get (struct stored_hash *stored, unsigned char hash[CHECKSUM_SIZE])
{
  if (stored_hash_peek (stored, hash))
    return 0;
  LOCK_SCOPE (&stored->lock);
  if (!atomic_load (&stored->known)) {
    if (make_pass (stored) == -1)
      return -1;
    atomic_store (&stored->known, true);
    image_set_sha256 (stored->im, stored->hash);
  }
  memcpy (hash, stored->hash, CHECKSUM_SIZE);
  return 0;
}
