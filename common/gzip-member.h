/* SPDX-License-Identifier: MIT */
/* The members of a gzip file (RFC 1952). */

#ifndef FLASHIMAGE_GZIP_MEMBER_H
#define FLASHIMAGE_GZIP_MEMBER_H

#include "deflate-framing.h"

#define GZIP_TRAILER_SIZE 8     /* CRC32 and ISIZE */

/* The member that a pass is in. */
struct gzip_member
{
  const struct image *im;
  uint64_t number;              /* from 1; 0: before the first */
  uint64_t offset;              /* stored: where its header begins */
  char note[200];
};

extern const struct deflate_framing gzip_framing;     /* of a gzip_member */

#endif
