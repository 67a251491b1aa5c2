/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnbd.h>

#include "cleanup.h"
#include "foreign-format.h"
#include "image-facts.h"
#include "messages.h"
#include "progress.h"
#include "report.h"
#include "terminal-text.h"

#define POLL_MS 200
#define SECTOR 512

/* -- Asking the server ---------------------------------------------------- */

/* libnbd's error is only a consequence if nbdkit has died. */
void
image_facts_report_nbd (struct image_server *server, const char *what)
{
  const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
  char text[512];
  const char *error = nbd_get_error ();

  snprintf (text, sizeof text, "%s", error ? error : "unknown error");
  nanosleep (&pause, NULL);
  if (!image_server_service (server))
    image_server_report_end (server);
  else if (!image_server_report_error (server, what))
    report_error (ERROR_IMAGE_NOT_SERVED, "%s: %s", what, text);
}

struct nbd_handle *
image_facts_connect (struct image_server *server, const char *export)
{
  struct nbd_handle *nbd = nbd_create ();

  if (nbd && nbd_set_export_name (nbd, export) == 0
      && nbd_connect_unix (nbd, image_server_socket (server)) == 0)
    return nbd;
  image_facts_report_nbd (server, "the image server cannot be read");
  nbd_close (nbd);
  return NULL;
}

static int
wait_for_scan (struct image_server *server, struct nbd_handle *nbd,
               struct integrity *i)
{
  const struct timespec pause = { .tv_nsec = POLL_MS * 1000 * 1000 };
  char text[INTEGRITY_SIZE];

  for (;;) {
    if (nbd_pread (nbd, text, sizeof text, 0, 0) == -1) {
      image_facts_report_nbd (server, "the image cannot be checked");
      return -1;
    }
    if (integrity_parse (text, i) == -1) {
      report_error (ERROR_SERVER_ANSWER,
                    "the image server gives no valid integrity record; plugin "
                    "and client must come from the same build");
      return -1;
    }
    if (i->total > 0)
      progress_update (i->done, i->total);
    if (i->state != INTEGRITY_SCANNING) {
      message_debug ("image server: state %d, format %s, check %s, stored-size %" PRIu64
                     ", disk-size %" PRIu64 ", stored-xxh3-128 %s", (int) i->state,
                     i->format, i->check, i->stored_size, i->disk_size, i->digest);
      return 0;
    }
    image_server_service (server);
    nanosleep (&pause, NULL);
  }
}

static int
check_integrity (struct image_server *server, const char *image,
                 struct integrity *i)
{
  struct nbd_handle *nbd = image_facts_connect (server, "integrity");
  int result = -1;

  if (nbd) {
    progress_begin ("check-image", "checking image");
    result = wait_for_scan (server, nbd, i);
    progress_end ();
    nbd_close (nbd);
  }
  if (result == 0 && i->state == INTEGRITY_DAMAGED) {
    report_error (ERROR_IMAGE_DAMAGED,
                  "%s is damaged: %s\nGet the image again.", image,
                  *i->error ? i->error : "no cause given");
    result = -1;
  }
  return result;
}

/* Something else than a disk: an archive, a text, a web page. */
static int
check_content (const struct image_facts *facts, const unsigned char *start,
               size_t len)
{
  const char *foreign = foreign_format (start, len);

  if (foreign) {
    report_error (ERROR_IMAGE_NOT_A_DISK,
                  "%s is not a disk image: what it holds is %s", facts->name,
                  foreign);
    return -1;
  }
  if (facts->table.kind == TABLE_NONE && facts->integrity.disk_size % SECTOR) {
    report_error (ERROR_IMAGE_NOT_A_DISK,
                  "%s is not a disk image: it has no partition table, and its "
                  "size of %" PRIu64 " bytes is not one of whole sectors",
                  facts->name, facts->integrity.disk_size);
    return -1;
  }
  return 0;
}

static int
read_image (void *opaque, void *buf, size_t len, uint64_t offset)
{
  return nbd_pread (opaque, buf, len, offset, 0);
}

static int
read_table (struct image_server *server, struct image_facts *facts)
{
  struct nbd_handle *nbd = image_facts_connect (server, "");
  unsigned char start[PARTITION_TABLE_BYTES];
  size_t len = sizeof start;
  int64_t size;
  int result = -1;

  if (!nbd)
    return -1;
  size = nbd_get_size (nbd);
  if (size >= 0 && (uint64_t) size < len)
    len = (size_t) size;
  if (size == -1 || (len > 0 && nbd_pread (nbd, start, len, 0, 0) == -1))
    image_facts_report_nbd (server, "the start of the image cannot be read");
  else if (facts->integrity.disk_size != (uint64_t) size)
    report_error (ERROR_SERVER_ANSWER,
                  "the image server contradicts itself: a disk of %" PRIu64
                  " and of %" PRIi64 " bytes",
                  facts->integrity.disk_size, size);
  else {
    partition_table_parse (start, len, (uint64_t) size, &facts->table);
    result = check_content (facts, start, len);
    if (result == 0
        && partition_table_find_sector (&facts->table, (uint64_t) size,
                                        read_image, nbd) == -1) {
      image_facts_report_nbd (server, "the image's partitions cannot be read");
      result = -1;
    }
  }
  nbd_close (nbd);
  return result;
}

static void
tell_origin (const struct image_location *l, char *text, size_t size)
{
  *text = '\0';
  if (l->kind != IMAGE_FILE)
    snprintf (text, size, "%s%s", l->server, l->tls ? ", encrypted"
              : l->socket ? "" : ", NOT ENCRYPTED");
}

int
image_facts_read (struct image_server *server,
                  const struct image_location *location,
                  struct image_facts *facts)
{
  memcpy (facts->name, location->name, sizeof facts->name);
  tell_origin (location, facts->origin, sizeof facts->origin);
  if (check_integrity (server, location->shown, &facts->integrity) == -1)
    return -1;
  return read_table (server, facts);
}
