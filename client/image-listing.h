/* SPDX-License-Identifier: MIT */
/* A table of what an image server offers. */

#ifndef FLASH_IMAGE_LISTING_H
#define FLASH_IMAGE_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "image-description.h"

/* A row of the table.  Text columns are printable. */
struct listed_row
{
  const char *name;
  bool ours;                    /* IMAGE is what a server of ours says of it */
  const char *description;      /* else: what the server says, */
  struct image_description image;       /* ... with the disk's size, if known */
};

/* Print a header and ROWS, aligned; ages as of NOW. */
void image_listing_print (FILE *f, const struct listed_row *rows, size_t nr,
                          time_t now);

/* "3 days": how long ago MODIFIED was at NOW.  Returns TEXT. */
#define AGE_TEXT_MAX 32
char *age_text (time_t modified, time_t now, char text[AGE_TEXT_MAX]);

#endif
