/* SPDX-License-Identifier: MIT */
/* A table of what an image server offers. */

#ifndef FLASH_IMAGE_LISTING_H
#define FLASH_IMAGE_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define LISTED_FORMAT_SIZE 16

/* What a server says of one image (docs/protocol.md, section 1). */
struct listed_image
{
  char format[LISTED_FORMAT_SIZE];      /* "": unknown */
  bool has_disk_size, has_stored_size, has_modified;
  uint64_t disk_size, stored_size;
  time_t modified;
  enum { INTEGRITY_UNKNOWN, INTEGRITY_PROVEN, INTEGRITY_UNPROVEN } integrity;
};

/* Parse the description of an export: true if a server of ours has made it.  What is
 * not understood in it counts as not said. */
bool listed_image_parse (const char *description, struct listed_image *image);

/* A row of the table.  Text columns are printable. */
struct listed_row
{
  const char *name, *description;       /* the latter of a foreign server, else "" */
  struct listed_image image;
};

/* Print a header and ROWS, aligned; ages as of NOW. */
void image_listing_print (FILE *f, const struct listed_row *rows, size_t nr,
                          time_t now);

/* "3 days": how long ago MODIFIED was at NOW.  Returns TEXT. */
#define AGE_TEXT_MAX 32
char *age_text (time_t modified, time_t now, char text[AGE_TEXT_MAX]);

#endif
