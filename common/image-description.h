/* SPDX-License-Identifier: MIT */
/* What the image server says about an image in its list of exports
 * (docs/protocol.md, section 1): made by the plugin, read by the client. */

#ifndef FLASHIMAGE_IMAGE_DESCRIPTION_H
#define FLASHIMAGE_IMAGE_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_DESCRIPTION_SIZE 256      /* of the text, its NUL included */

enum image_proof
{
  IMAGE_UNPROVEN,       /* or a word that this version does not know */
  IMAGE_INTACT,
  IMAGE_DAMAGED
};

struct image_description
{
  char view[16];        /* "disk", "stored"...; "": not said, an image of a folder */
  char format[16];      /* "xz"... */
  bool disk_size_known;
  uint64_t disk_size;
  uint64_t stored_size;
  int64_t modified;     /* seconds since 1970, 0: not known */
  enum image_proof proof;
};

/* Returns the length of TEXT. */
size_t image_description_format (const struct image_description *description,
                                 char text[IMAGE_DESCRIPTION_SIZE]);

/* TEXT comes from a server: false when it is no such description, but the words of
 * another kind of server. */
bool image_description_parse (const char *text,
                              struct image_description *description);

#endif
