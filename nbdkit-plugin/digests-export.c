/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "digest.h"
#include "digests-export.h"
#include "integrity-record.h"

uint64_t
digests_export_size (uint64_t disk_size)
{
  return DIGESTS_HEADER_SIZE + digest_chunks (disk_size) * DIGEST_SIZE;
}

int
digests_export_read (struct scan_job *job, uint64_t disk_size, void *buf,
                     uint32_t count, uint64_t offset)
{
  char *p = buf;

  if (offset < DIGESTS_HEADER_SIZE && count > 0) {
    char header[DIGESTS_HEADER_SIZE];
    uint64_t room = DIGESTS_HEADER_SIZE - offset;
    uint32_t n = count < room ? count : (uint32_t) room;

    digests_header_make (disk_size, header);
    memcpy (p, header + offset, n);
    p += n;
    count -= n;
    offset += n;
  }
  while (count > 0) {
    unsigned char digest[DIGEST_SIZE];
    uint64_t place = offset - DIGESTS_HEADER_SIZE;
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
