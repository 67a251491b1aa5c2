/* SPDX-License-Identifier: MIT */
/* .zst images.  The first frame is kept from asking for a dictionary and from having
 * a checksum (RFC 8878, section 3.1.1.1), unless the control bytes say otherwise. */

#include <config.h>

#include <string.h>

#include "fuzz-support.h"

#define NO_REPAIR 32            /* of control[0] */
#define CHECKSUM 4              /* of the Frame_Header_Descriptor */
#define DICTIONARY 3

static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

/* Skippable frames may come first. */
static bool
is_skippable (const struct fuzz_file *file)
{
  return file->len >= 4 && (file->data[0] & 0xf0) == 0x50
         && memcmp (file->data + 1, "\x2a\x4d\x18", 3) == 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file file;

  fuzz_file_init (&file, data, size);
  if (!is_skippable (&file)) {
    fuzz_file_force (&file, magic, sizeof magic);
    if (file.len > 4 && !(file.control[0] & NO_REPAIR))
      file.data[4] &= (uint8_t) ~(CHECKSUM | DICTIONARY);
  }
  fuzz_image (&file);
  fuzz_file_free (&file);
  return 0;
}
