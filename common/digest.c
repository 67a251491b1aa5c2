/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "digest.h"

const unsigned char digest_of_zero_chunk[DIGEST_SIZE] = {
  0xb6, 0xef, 0x17, 0xa3, 0x44, 0x84, 0x92, 0xb6,
  0x91, 0x87, 0x80, 0xb9, 0x05, 0x50, 0xbf, 0x34,
};

static void
to_canonical (XXH128_hash_t hash, unsigned char digest[DIGEST_SIZE])
{
  XXH128_canonical_t canonical;

  XXH128_canonicalFromHash (&canonical, hash);
  for (size_t i = 0; i < DIGEST_SIZE; i++)
    digest[i] = canonical.digest[i];
}

void
digest_of (const void *buf, size_t len, unsigned char digest[DIGEST_SIZE])
{
  to_canonical (XXH3_128bits (buf, len), digest);
}

struct digest_state *
digest_new (void)
{
  XXH3_state_t *state = XXH3_createState ();

  if (state)
    XXH3_128bits_reset (state);
  return (struct digest_state *) state;
}

void
digest_add (struct digest_state *state, const void *buf, size_t len)
{
  XXH3_128bits_update ((XXH3_state_t *) state, buf, len);
}

void
digest_get (const struct digest_state *state, unsigned char digest[DIGEST_SIZE])
{
  to_canonical (XXH3_128bits_digest ((const XXH3_state_t *) state), digest);
}

void
digest_free (struct digest_state *state)
{
  XXH3_freeState ((XXH3_state_t *) state);
}

void
digest_to_hex (const unsigned char digest[DIGEST_SIZE],
               char hex[DIGEST_HEX_SIZE])
{
  static const char digits[] = "0123456789abcdef";

  for (size_t i = 0; i < DIGEST_SIZE; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[2 * DIGEST_SIZE] = '\0';
}

bool
digest_from_hex (const char *hex, unsigned char digest[DIGEST_SIZE])
{
  static const char digits[] = "0123456789abcdef";

  if (strlen (hex) != 2 * DIGEST_SIZE || strspn (hex, digits) != 2 * DIGEST_SIZE)
    return false;
  for (size_t i = 0; i < DIGEST_SIZE; i++)
    digest[i] = (unsigned char) ((strchr (digits, hex[2 * i]) - digits) << 4
                                 | (strchr (digits, hex[2 * i + 1]) - digits));
  return true;
}
