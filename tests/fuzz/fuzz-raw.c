/* SPDX-License-Identifier: MIT */
/* Any file at all: whatever its magic bytes make of it, mostly a raw image. */

#include <config.h>

#include "fuzz-support.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file file;

  fuzz_file_init (&file, data, size);
  fuzz_image (&file);
  fuzz_file_free (&file);
  return 0;
}
