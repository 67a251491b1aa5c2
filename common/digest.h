/* SPDX-License-Identifier: MIT */
/* XXH3-128 (xxHash specification, doc/xxhash_spec.md of the xxHash project), in
 * its canonical, big-endian form.  Not a cryptographic hash: it tells damage
 * from data, not friend from foe. */

#ifndef FLASHIMAGE_DIGEST_H
#define FLASHIMAGE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 16
#define DIGEST_HEX_SIZE 33      /* with its NUL */

/* Every digest table in this project counts in chunks of this many bytes; the
 * last chunk of an image may be shorter. */
#define DIGEST_CHUNK (1024 * 1024)

/* How many chunks SIZE bytes have. */
static inline uint64_t
digest_chunks (uint64_t size)
{
  return size / DIGEST_CHUNK + (size % DIGEST_CHUNK != 0);
}

/* Of DIGEST_CHUNK zeroes: disks hold many of these. */
extern const unsigned char digest_of_zero_chunk[DIGEST_SIZE];

void digest_of (const void *buf, size_t len, unsigned char digest[DIGEST_SIZE]);

struct digest_state;            /* a digest in the making */
struct digest_state *digest_new (void);         /* NULL: no memory */
void digest_add (struct digest_state *state, const void *buf, size_t len);
void digest_get (const struct digest_state *state,
                 unsigned char digest[DIGEST_SIZE]);
void digest_free (struct digest_state *state);

void digest_to_hex (const unsigned char digest[DIGEST_SIZE],
                    char hex[DIGEST_HEX_SIZE]);
/* False: HEX is not 32 digits in lower case. */
bool digest_from_hex (const char *hex, unsigned char digest[DIGEST_SIZE]);

#endif
