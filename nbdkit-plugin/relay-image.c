/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "digest.h"
#include "image-ops.h"
#include "nbd-source.h"
#include "relay-image.h"
#include "report.h"

#define POLL_MS 500
/* So that the table of the digests has 64 MiB at most. */
#define RELAY_DISK_SIZE_MAX (UINT64_C (4) << 40)
#define TABLE_STEP 65536        /* digests read at a time */

struct relay
{
  struct nbd_server *server;
  struct image *im;
  struct integrity first;       /* what the server said at the start */
  /* Written by the scan, constant when the image is scanned. */
  struct byte_source *disk;
  atomic_uint_least64_t disk_size;      /* 0: not known yet */
};

/* -- What the server says ------------------------------------------------- */

static int
not_the_same (const char *what, struct fault *fault)
{
  return fault_set (fault, EIO, "this is not the image any more that was checked: "
                    "its %s is another one; put the old image back on the server, "
                    "or begin anew with the one that is there now", what);
}

/* By a new connection: an old one may know an image that is gone. */
static struct byte_source *
open_integrity (struct relay *relay, struct fault *fault)
{
  const struct nbd_source_options options = { .view = "integrity" };
  struct byte_source *source = nbd_source_new (relay->server, &options,
                                               INTEGRITY_SIZE);

  if (!source)
    fault_no_memory (fault, "a connection");
  return source;
}

static int
read_integrity (struct byte_source *source, struct integrity *i,
                struct fault *fault)
{
  char text[INTEGRITY_SIZE];

  if (source->ops->read (source, text, sizeof text, 0, fault) == -1)
    return -1;
  if (integrity_parse (text, i) == -1)
    return fault_set (fault, EIO, "the server gives no valid integrity record any "
                      "more");
  return 0;
}

/* A word to each reading: is it still about the same image? */
static int
check_record (const struct relay *relay, const struct integrity *i,
              struct fault *fault)
{
  const struct integrity *first = &relay->first;
  const uint64_t disk_size = atomic_load (&relay->disk_size);

  if (i->state == INTEGRITY_DAMAGED)
    return fault_set (fault, EBADMSG, "%s",
                      *i->error ? i->error : "the server gives no cause");
  if (i->stored_size != first->stored_size)
    return not_the_same ("stored size", fault);
  if (strcmp (i->format, first->format) != 0)
    return not_the_same ("format", fault);
  if (disk_size > 0 && i->disk_size > 0 && i->disk_size != disk_size)
    return not_the_same ("disk size", fault);
  return 0;
}

/* -- The scan: waiting for the server's ----------------------------------- */

/* Until the server has an opinion. */
static int
follow_scan (struct relay *relay, struct byte_source *source,
             struct scan_run *run, struct integrity *i, struct fault *fault)
{
  const uint64_t total = relay->first.stored_size;

  for (;;) {
    if (read_integrity (source, i, fault) == -1
        || check_record (relay, i, fault) == -1
        || scan_run_progress (run, i->done < total ? i->done : total, fault) == -1)
      return -1;
    if (i->state == INTEGRITY_INTACT)
      return 0;
    if (nbd_server_pause (relay->server, POLL_MS) == -1)
      return fault_set (fault, ECANCELED, "cancelled: the program ends");
  }
}

static int
wait_for_scan (struct relay *relay, struct scan_run *run, struct integrity *i,
               struct fault *fault)
{
  struct byte_source *source = open_integrity (relay, fault);

  if (!source)
    return -1;
  int r = follow_scan (relay, source, run, i, fault);
  source->ops->close (source);
  if (r == -1)
    return -1;
  if (i->disk_size == 0 || i->disk_size > RELAY_DISK_SIZE_MAX)
    return fault_set (fault, EIO, "the server tells a disk size of %" PRIu64
                      " bytes; from 1 byte to %" PRIu64 " are possible",
                      i->disk_size, RELAY_DISK_SIZE_MAX);
  return 0;
}

/* What its digest says to be zero is a hole without asking. */
static int
take_digests (struct image *im, uint64_t first, size_t count,
              unsigned char (*digests)[DIGEST_SIZE], struct fault *fault)
{
  for (size_t i = 0; i < count; i++) {
    if (!scan_record_set_digest (im->record, first + i, digests[i]))
      return fault_no_memory (fault, "the digests");
    if (memcmp (digests[i], digest_of_zero_chunk, DIGEST_SIZE) == 0)
      scan_record_promise_hole (im->record, (first + i) * DIGEST_CHUNK,
                                DIGEST_CHUNK);
  }
  return 0;
}

static int
read_table (struct relay *relay, struct byte_source *source, uint64_t disk_size,
            void *buf, struct fault *fault)
{
  const uint64_t chunks = digest_chunks (disk_size);
  char header[DIGESTS_HEADER_SIZE];

  if (source->ops->read (source, header, sizeof header, 0, fault) == -1)
    return -1;
  if (digests_header_check (header, disk_size) == -1)
    return fault_set (fault, EIO, "the server gives no valid digests for a disk of %"
                      PRIu64 " bytes", disk_size);
  for (uint64_t i = 0; i < chunks; i += TABLE_STEP) {
    const size_t n = chunks - i < TABLE_STEP ? (size_t) (chunks - i) : TABLE_STEP;

    if (source->ops->read (source, buf, n * DIGEST_SIZE,
                           sizeof header + i * DIGEST_SIZE, fault) == -1
        || take_digests (relay->im, i, n, buf, fault) == -1)
      return -1;
  }
  return 0;
}

static int
load_digests (struct relay *relay, uint64_t disk_size, struct fault *fault)
{
  const struct nbd_source_options options = { .view = "digests" };
  CLEANUP_FREE void *buf = malloc (TABLE_STEP * DIGEST_SIZE);
  struct byte_source *source =
    nbd_source_new (relay->server, &options,
                    DIGESTS_HEADER_SIZE + digest_chunks (disk_size) * DIGEST_SIZE);
  int r;

  if (!buf || !source)
    r = fault_no_memory (fault, "the digests");
  else
    r = read_table (relay, source, disk_size, buf, fault);
  if (source)
    source->ops->close (source);
  return r;
}

static int
open_disk (struct relay *relay, uint64_t disk_size, struct fault *fault)
{
  const struct nbd_source_options options = { .view = NULL };

  if (relay->disk)
    return 0;
  relay->disk = nbd_source_new (relay->server, &options, disk_size);
  return relay->disk ? 0 : fault_no_memory (fault, "a connection");
}

static void
take_notes (const struct integrity *i, struct image_scan_result *result)
{
  for (const char *p = i->notes; *p; ) {
    const size_t len = strcspn (p, "\n");

    scan_result_note (result, "%.*s", (int) len, p);
    p += len + (p[len] == '\n');
  }
}

static int
relay_scan (struct image *im, struct scan_run *run,
            struct image_scan_result *result, struct fault *fault)
{
  struct relay *relay = im->state;
  struct integrity i;

  if (wait_for_scan (relay, run, &i, fault) == -1
      || load_digests (relay, i.disk_size, fault) == -1
      || open_disk (relay, i.disk_size, fault) == -1)
    return -1;
  atomic_store (&relay->disk_size, i.disk_size);
  digest_from_hex (i.digest, result->stored_digest);
  result->disk_size = i.disk_size;
  snprintf (result->check, sizeof result->check, "%s", i.check);
  take_notes (&i, result);
  return scan_run_progress (run, run->total, fault);
}

/* -- The same image? ------------------------------------------------------ */

/* Before a scan its record is all that can be compared; later its digest
 * can, for which a server that was started again may have to scan first. */
static int
compare_record (struct relay *relay, struct byte_source *source,
                struct fault *fault)
{
  struct scan_run run = { .im = relay->im };
  unsigned char digest[DIGEST_SIZE];
  struct integrity i;

  if (!atomic_load (&relay->im->scanned))
    return read_integrity (source, &i, fault) == -1 ? -1
           : check_record (relay, &i, fault);
  if (follow_scan (relay, source, &run, &i, fault) == -1)
    return -1;
  return digest_from_hex (i.digest, digest)
         && memcmp (digest, relay->im->result.stored_digest, DIGEST_SIZE) == 0
         ? 0 : not_the_same ("digest", fault);
}

/* Of the stored view: the disk view is held against digests, this is not. */
static int
check_same (void *opaque, struct fault *fault)
{
  struct relay *relay = opaque;
  struct byte_source *source = open_integrity (relay, fault);

  if (!source)
    return -1;
  int r = compare_record (relay, source, fault);
  source->ops->close (source);
  return r;
}

/* -- The other operations ------------------------------------------------- */

/* Nothing is given out before the server's verdict and digests are known. */
static int
prove (struct image *im, struct fault *fault)
{
  struct scan_run run = { .im = im, .total = im->stored_size };
  struct image_scan_result result = { .disk_size = 0 };

  return atomic_load (&im->scanned) ? 0
         : image_run_scan (im, &run, &result, fault);
}

static int
relay_open (struct image *im, struct fault *fault)
{
  struct relay *relay = im->state;

  (void) fault;
  relay->im = im;
  return 0;
}

static void
relay_close (struct image *im)
{
  struct relay *relay = im->state;

  if (relay->disk)
    relay->disk->ops->close (relay->disk);
  free (relay);
}

static bool
relay_peek_disk_size (struct image *im, uint64_t *size)
{
  struct relay *relay = im->state;

  *size = atomic_load (&relay->disk_size);
  return *size > 0;
}

static int
relay_disk_size (struct image *im, uint64_t *size, struct fault *fault)
{
  if (prove (im, fault) == -1)
    return -1;
  *size = im->result.disk_size;
  return 0;
}

static int
relay_pread (struct image *im, void *buf, size_t len, uint64_t offset,
             struct fault *fault)
{
  struct relay *relay = im->state;

  if (prove (im, fault) == -1
      || image_check_range (im->result.disk_size, len, offset, fault) == -1)
    return -1;
  return relay->disk->ops->read (relay->disk, buf, len, offset, fault);
}

static const struct image_ops relay_image_ops = {
  .flat = true,
  .open = relay_open,
  .close = relay_close,
  .disk_size = relay_disk_size,
  .peek_disk_size = relay_peek_disk_size,
  .pread = relay_pread,
  .scan = relay_scan,
};

/* -- Opening -------------------------------------------------------------- */

static bool
find_format (const char *name, enum image_format *format)
{
  for (int i = 0; i < NR_IMAGE_FORMATS; i++)
    if (strcmp (name, image_format_name ((enum image_format) i)) == 0) {
      *format = (enum image_format) i;
      return true;
    }
  return false;
}

static struct image *
refuse (const struct nbd_server *server, const char *text, const char *detail)
{
  report_error (ERROR_SERVER_FAILED,
                "%s: %s%s", nbd_server_name (server), text, detail);
  errno = EIO;
  return NULL;
}

struct image *
relay_image_open (struct nbd_server *server, const struct integrity *record,
                  const struct image_options *options)
{
  struct relay *relay;
  enum image_format format;

  if (record->state == INTEGRITY_DAMAGED && record->stored_size == 0)
    return refuse (server, "the server cannot open the image: ", record->error);
  if (!find_format (record->format, &format))
    return refuse (server, "the server says that the image has a format that is not "
                   "known here: ", record->format);
  if (record->stored_size == 0)
    return refuse (server, "the server says that the image is empty", "");
  relay = calloc (1, sizeof *relay);
  if (!relay)
    return refuse (server, "out of memory", "");
  relay->server = server;
  relay->first = *record;
  atomic_init (&relay->disk_size, record->disk_size);

  const struct nbd_source_options stored = {
    .view = "stored", .check_same = check_same, .opaque = relay
  };
  struct byte_source *source = nbd_source_new (server, &stored,
                                               record->stored_size);
  if (!source) {
    free (relay);
    return refuse (server, "out of memory", "");
  }
  return image_open_as (source, nbd_server_name (server), options,
                        &relay_image_ops, format, relay);
}
