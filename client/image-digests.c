/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include <libnbd.h>

#include "image-digests.h"
#include "image-facts.h"
#include "report.h"

struct image_digests
{
  struct image_server *server;
  struct nbd_handle *nbd;
};

static int
check_export (struct image_digests *d, uint64_t disk_size)
{
  char header[DIGESTS_HEADER_SIZE];
  const uint64_t table = digest_chunks (disk_size) * DIGEST_SIZE;
  const int64_t size = nbd_get_size (d->nbd);

  if (size == -1 || (size >= (int64_t) sizeof header
                     && nbd_pread (d->nbd, header, sizeof header, 0, 0) == -1)) {
    image_facts_report_nbd (d->server, "the image's digests cannot be read");
    return -1;
  }
  if ((uint64_t) size != sizeof header + table
      || digests_header_check (header, disk_size) == -1) {
    report_error (ERROR_SERVER_ANSWER,
                  "the image server gives no valid digests; plugin and client "
                  "must come from the same build");
    return -1;
  }
  return 0;
}

struct image_digests *
image_digests_open (struct image_server *server, uint64_t disk_size)
{
  struct image_digests *d = calloc (1, sizeof *d);

  if (!d) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  d->server = server;
  d->nbd = image_facts_connect (server, "digests");
  if (!d->nbd || check_export (d, disk_size) == -1) {
    image_digests_close (d);
    return NULL;
  }
  return d;
}

void
image_digests_close (struct image_digests *d)
{
  if (!d)
    return;
  nbd_close (d->nbd);
  free (d);
}

int
image_digests_read (struct image_digests *d, uint64_t first, size_t count,
                    unsigned char (*digests)[DIGEST_SIZE])
{
  if (nbd_pread (d->nbd, digests, count * DIGEST_SIZE,
                 DIGESTS_HEADER_SIZE + first * DIGEST_SIZE, 0) == 0)
    return 0;
  image_facts_report_nbd (d->server, "the image's digests cannot be read");
  return -1;
}
