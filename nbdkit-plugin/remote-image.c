/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>

#include "hole-map.h"
#include "integrity-record.h"
#include "nbd-source.h"
#include "relay-image.h"
#include "remote-image.h"
#include "report.h"

#define SCAN_NOTE "the server gives no digests: the whole image was read from it " \
  "once, and what it gives out later is held against that"

static struct image *
refuse (const struct nbd_server *server, const char *text)
{
  report_error (ERROR_SERVER_FAILED, "%s: %s", nbd_server_name (server), text);
  errno = EIO;
  return NULL;
}

/* Whether the server is one of ours: 1, 0, or -1, reported. */
static int
read_integrity (struct nbd_server *server, struct integrity *record)
{
  const struct nbd_source_options options = { .view = "integrity" };
  char text[INTEGRITY_SIZE];
  struct nbd_failure why;
  struct fault fault;
  struct byte_source *source = nbd_source_open (server, &options, &why);
  int r = 0;

  if (!source && why.kind == NBD_REFUSED)
    return 0;
  if (!source) {
    refuse (server, why.text);
    return -1;
  }
  /* Many servers give what they have whatever it is called. */
  if (source->size == sizeof text) {
    if (source->ops->read (source, text, sizeof text, 0, &fault) == 0)
      r = integrity_parse (text, record) == 0;
    else {
      refuse (server, fault.text);
      r = -1;
    }
  }
  source->ops->close (source);
  return r;
}

static struct image *
open_foreign (struct nbd_server *server, const struct image_options *options)
{
  const struct nbd_source_options bytes = {
    .extents = true, .scan_note = SCAN_NOTE
  };
  struct nbd_failure why;
  struct byte_source *source = nbd_source_open (server, &bytes, &why);

  if (!source)
    return refuse (server, why.text);
  if (source->size > 0 && source->size <= DISK_SIZE_MAX)
    return image_open_source (source, nbd_server_name (server), options);
  refuse (server, source->size == 0 ? "not an image: the export is empty"
                                    : "not an image: the export is too large");
  source->ops->close (source);
  return NULL;
}

struct image *
remote_image_open (struct nbd_server *server, const struct image_options *options)
{
  struct integrity record;
  int r = read_integrity (server, &record);

  if (r == -1)
    return NULL;
  return r == 1 ? relay_image_open (server, &record, options)
                : open_foreign (server, options);
}
