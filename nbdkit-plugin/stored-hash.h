/* SPDX-License-Identifier: MIT */
/* The SHA-256 of an image's stored view, made once by a pass over the file that
 * decodes nothing.  Thread safe. */

#ifndef FLASHIMAGE_STORED_HASH_H
#define FLASHIMAGE_STORED_HASH_H

#include <stdbool.h>

#include "checksum-file.h"
#include "image.h"

struct stored_hash;

/* IM must outlive it.  NULL: no memory, reported. */
struct stored_hash *stored_hash_new (struct image *im);
void stored_hash_free (struct stored_hash *stored);     /* NULL is allowed */

/* Make the pass, or wait for the one that is under way: 0, or -1, reported. */
int stored_hash_get (struct stored_hash *stored,
                     unsigned char hash[CHECKSUM_SIZE]);

/* False: the pass has not been made. */
bool stored_hash_peek (struct stored_hash *stored,
                       unsigned char hash[CHECKSUM_SIZE]);

#endif
