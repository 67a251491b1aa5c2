/* SPDX-License-Identifier: MIT */
/* The SHA-256 of an image's stored view, made once by a pass over the file that
 * decodes nothing, and remembered with the image's scan.  Thread safe. */

#ifndef FLASHIMAGE_STORED_HASH_H
#define FLASHIMAGE_STORED_HASH_H

#include <stdbool.h>

#include "checksum-file.h"
#include "image.h"

struct stored_hash;

/* IM and NAME, for messages, must outlive it.  NULL: no memory, reported. */
struct stored_hash *stored_hash_new (struct image *im, const char *name);
void stored_hash_free (struct stored_hash *stored);     /* NULL is allowed */

/* Make the pass, or wait for the one that is under way: 0, or -1, reported. */
int stored_hash_get (struct stored_hash *stored,
                     unsigned char hash[CHECKSUM_SIZE]);

/* Someone contradicts the hash: if it is only remembered from an earlier life, it is no
 * longer believed, and the next stored_hash_get looks at the file itself. */
void stored_hash_doubt (struct stored_hash *stored);

/* False: the pass has not been made, nor is one remembered. */
bool stored_hash_peek (struct stored_hash *stored,
                       unsigned char hash[CHECKSUM_SIZE]);

#endif
