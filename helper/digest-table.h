/* SPDX-License-Identifier: MIT */
/* The file RAM_ROOT/digests: 16 bytes of XXH3-128 for every chunk of 1 MiB that
 * was handed to the target, in the image's order. */

#ifndef FLASH_HELPER_DIGEST_TABLE_H
#define FLASH_HELPER_DIGEST_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "digest.h"

struct digest_table;

/* The table of an image of DISK_SIZE bytes in the file PATH.  KEEP: go on with
 * the one that is there, which then must have the right size; else it begins
 * anew.  Its room is taken at once.  NULL after report_error(). */
struct digest_table *digest_table_open (const char *path, uint64_t disk_size,
                                        bool keep);
void digest_table_close (struct digest_table *t);       /* NULL is allowed */

uint64_t digest_table_chunks (const struct digest_table *t);

/* Bytes of chunk INDEX: DIGEST_CHUNK, or fewer in the last one. */
size_t digest_table_chunk_size (const struct digest_table *t, uint64_t index);

/* -1: reported. */
int digest_table_put (struct digest_table *t, uint64_t index,
                      const unsigned char digest[DIGEST_SIZE]);
int digest_table_get (struct digest_table *t, uint64_t index,
                      unsigned char digest[DIGEST_SIZE]);

/* Whether BUF, as many bytes as chunk INDEX has, is that chunk: 1 yes, 0 no,
 * -1: reported. */
int digest_table_matches (struct digest_table *t, uint64_t index,
                          const void *buf);

#endif
