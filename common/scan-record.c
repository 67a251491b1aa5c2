/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "chunk-digests.h"
#include "cleanup.h"
#include "digest.h"
#include "fault.h"
#include "hole-map.h"
#include "scan-buffer.h"
#include "scan-record.h"

struct scan_record
{
  struct hole_map *holes;
  struct chunk_digests *digests;

  pthread_mutex_t lock;         /* guards the rest */
  unsigned char *verified;      /* a bit for each Block */
  size_t verified_size;         /* bytes */
  bool all_verified;            /* by the scan that was remembered */
};

struct scan_record *
scan_record_new (void)
{
  struct scan_record *record = calloc (1, sizeof *record);

  if (!record)
    return NULL;
  pthread_mutex_init (&record->lock, NULL);
  record->holes = hole_map_new ();
  record->digests = chunk_digests_new ();
  if (record->holes && record->digests)
    return record;
  scan_record_free (record);
  return NULL;
}

void
scan_record_free (struct scan_record *record)
{
  if (!record)
    return;
  hole_map_free (record->holes);
  chunk_digests_free (record->digests);
  free (record->verified);
  pthread_mutex_destroy (&record->lock);
  free (record);
}

void
scan_record_clear (struct scan_record *record)
{
  hole_map_clear (record->holes);
  chunk_digests_clear (record->digests);
  LOCK_SCOPE (&record->lock);
  free (record->verified);
  record->verified = NULL;
  record->verified_size = 0;
  record->all_verified = false;
}

void
scan_record_set_threads (struct scan_record *record, unsigned threads)
{
  chunk_digests_set_threads (record->digests, threads);
}

struct hole_map *
scan_record_holes (struct scan_record *record)
{
  return record->holes;
}

void
scan_record_add (struct scan_record *record, uint64_t offset, const void *buf,
                 size_t len, bool at_end)
{
  hole_map_add (record->holes, offset, buf, len, at_end);
  chunk_digests_add (record->digests, offset, buf, len, at_end);
}

void
scan_record_add_zero_chunk (struct scan_record *record, uint64_t chunk)
{
  hole_map_add (record->holes, chunk * DIGEST_CHUNK, NULL, DIGEST_CHUNK, false);
  chunk_digests_set (record->digests, chunk, digest_of_zero_chunk);
}

/* Called with the lock. */
static bool
make_room (struct scan_record *record, uint64_t byte)
{
  size_t size = record->verified_size ? record->verified_size : 64;

  if (byte < record->verified_size)
    return true;
  if (byte >= SIZE_MAX / 2)
    return false;
  while (size <= byte)
    size *= 2;
  unsigned char *p = realloc (record->verified, size);
  if (!p)
    return false;
  memset (p + record->verified_size, 0, size - record->verified_size);
  record->verified = p;
  record->verified_size = size;
  return true;
}

void
scan_record_block_verified (struct scan_record *record, uint64_t number)
{
  LOCK_SCOPE (&record->lock);
  /* Without memory the scan will decode it once more. */
  if (make_room (record, number / 8))
    record->verified[number / 8] |= (unsigned char) (1u << number % 8);
}

bool
scan_record_is_block_verified (struct scan_record *record, uint64_t number)
{
  LOCK_SCOPE (&record->lock);
  return record->all_verified
         || (number / 8 < record->verified_size
             && (record->verified[number / 8] >> number % 8 & 1));
}

bool
scan_record_get_digest (struct scan_record *record, uint64_t chunk,
                        unsigned char digest[DIGEST_SIZE])
{
  return chunk_digests_get (record->digests, chunk, digest);
}

static uint64_t
count_chunks (uint64_t disk_size)
{
  return (disk_size + DIGEST_CHUNK - 1) / DIGEST_CHUNK;
}

bool
scan_record_set_digest (struct scan_record *record, uint64_t chunk,
                        const unsigned char digest[DIGEST_SIZE])
{
  return chunk_digests_set (record->digests, chunk, digest);
}

bool
scan_record_is_complete (struct scan_record *record, uint64_t disk_size)
{
  return chunk_digests_count (record->digests) == count_chunks (disk_size);
}

void
scan_record_promise_hole (struct scan_record *record, uint64_t offset,
                          uint64_t length)
{
  hole_map_promise (record->holes, offset, length);
}

int
scan_record_check_promises (struct scan_record *record, struct fault *fault)
{
  uint64_t offset;

  if (!hole_map_broken_promise (record->holes, &offset))
    return 0;
  return fault_set (fault, EBADMSG, "the block map beside the image does not "
                    "fit it: it leaves out byte %" PRIu64 " of the disk view, "
                    "where the image has data", offset);
}

void
scan_record_save (struct scan_record *record, struct scan_writer *w,
                  uint64_t disk_size)
{
  const uint64_t nr = count_chunks (disk_size);

  for (uint64_t chunk = 0; chunk < nr && !w->failed; chunk++) {
    unsigned char digest[DIGEST_SIZE];

    if (!chunk_digests_get (record->digests, chunk, digest))
      w->failed = true;         /* not complete: not to be remembered */
    else
      scan_writer_bytes (w, digest, sizeof digest);
  }
  hole_map_save (record->holes, w, disk_size);
}

static bool
load_digests (struct scan_record *record, struct scan_reader *r,
              uint64_t disk_size)
{
  const uint64_t nr = count_chunks (disk_size);

  for (uint64_t chunk = 0; chunk < nr; chunk++) {
    const unsigned char *digest = scan_reader_bytes (r, DIGEST_SIZE);

    if (!digest || !chunk_digests_set (record->digests, chunk, digest))
      return false;
  }
  return true;
}

bool
scan_record_load (struct scan_record *record, struct scan_reader *r,
                  uint64_t disk_size)
{
  if (disk_size <= DISK_SIZE_MAX
      && load_digests (record, r, disk_size)
      && hole_map_load (record->holes, r, disk_size)) {
    LOCK_SCOPE (&record->lock);
    record->all_verified = true;
    return true;
  }
  scan_record_clear (record);
  return false;
}
