/* SPDX-License-Identifier: MIT */
/* What the image server says of its image, after the full scan. */

#ifndef FLASH_IMAGE_FACTS_H
#define FLASH_IMAGE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "image-server.h"
#include "integrity-record.h"
#include "partition-table.h"

struct nbd_handle;

struct image_facts
{
  char name[IMAGE_NAME_SIZE];   /* the last part of its path, printable */
  char origin[IMAGE_NAME_SIZE]; /* its server and who may look on; a file: "" */
  struct integrity integrity;
  struct partition_table table;
};

/* Wait for the scan of the image, with a progress line, then look at its first
 * sectors.  0, or -1 after a report: damaged, or the server fails. */
int image_facts_read (struct image_server *server,
                      const struct image_location *location,
                      struct image_facts *facts);

/* A connection to EXPORT of the server, to be closed by nbd_close.  NULL after a
 * report. */
struct nbd_handle *image_facts_connect (struct image_server *server,
                                        const char *export);
/* Report libnbd's error, or the end of the server that is its cause. */
void image_facts_report_nbd (struct image_server *server, const char *what);

#endif
