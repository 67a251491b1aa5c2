/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "digests-export.h"

uint64_t
digests_export_size (uint64_t disk_size)
{
  return DIGESTS_EXPORT_HEADER + digest_chunks (disk_size) * DIGEST_SIZE;
}

static void
make_header (uint64_t disk_size, char header[DIGESTS_EXPORT_HEADER])
{
  memset (header, 0, DIGESTS_EXPORT_HEADER);
  snprintf (header, DIGESTS_EXPORT_HEADER, "version=1\nalgorithm=xxh3-128\n"
            "chunk-size=%d\ndisk-size=%" PRIu64 "\nchunks=%" PRIu64 "\n",
            DIGEST_CHUNK, disk_size, digest_chunks (disk_size));
}

int
digests_export_read (struct scan_job *job, uint64_t disk_size, void *buf,
                     uint32_t count, uint64_t offset)
{
  char *p = buf;

  if (offset < DIGESTS_EXPORT_HEADER && count > 0) {
    char header[DIGESTS_EXPORT_HEADER];
    uint64_t room = DIGESTS_EXPORT_HEADER - offset;
    uint32_t n = count < room ? count : (uint32_t) room;

    make_header (disk_size, header);
    memcpy (p, header + offset, n);
    p += n;
    count -= n;
    offset += n;
  }
  while (count > 0) {
    unsigned char digest[DIGEST_SIZE];
    uint64_t place = offset - DIGESTS_EXPORT_HEADER;
    uint32_t skip = (uint32_t) (place % DIGEST_SIZE);
    uint32_t n = DIGEST_SIZE - skip < count ? DIGEST_SIZE - skip : count;

    if (scan_job_get_digest (job, place / DIGEST_SIZE, digest) == -1)
      return -1;
    memcpy (p, digest + skip, n);
    p += n;
    count -= n;
    offset += n;
  }
  return 0;
}
