/* SPDX-License-Identifier: MIT */
/* Files of checksums beside an image: any text, looked through for a name that its
 * own first byte chooses. */

#include <config.h>

#include <string.h>

#include "checksum-file.h"
#include "fuzz-support.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const names[] = { "image.xz", "a", "with space", "back\\slash",
                                       "new\nline" };
  unsigned char hash[CHECKSUM_SIZE], again[CHECKSUM_SIZE];
  char hex[CHECKSUM_HEX_SIZE];
  const bool own = size > 0 && (data[0] & 0x80);
  const char *name = names[size > 0 ? data[0] % 5 : 0];

  if (size == 0)
    return 0;
  if (checksum_file_find ((const char *) data + 1, size - 1, name, own, hash)
      != CHECKSUM_FOUND)
    return 0;
  checksum_to_hex (hash, hex);
  FUZZ_CHECK (strlen (hex) == CHECKSUM_HEX_SIZE - 1);
  FUZZ_CHECK (checksum_from_hex (hex, CHECKSUM_HEX_SIZE - 1, again));
  FUZZ_CHECK (memcmp (hash, again, sizeof hash) == 0);
  return 0;
}
