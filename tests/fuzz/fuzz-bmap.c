/* SPDX-License-Identifier: MIT */
/* The .bmap files of bmaptool: any text.  What is accepted has holes in rising order
 * that lie in the image. */

#include <config.h>

#include "bmap-file.h"
#include "fuzz-support.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char error[200] = "";
  uint64_t end = 0;
  struct bmap *bmap =
    bmap_file_parse ((const char *) data, size, error, sizeof error);

  if (!bmap) {
    FUZZ_CHECK (error[0] != '\0');
    return 0;
  }
  FUZZ_CHECK (bmap->image_size > 0);
  for (size_t i = 0; i < bmap->nr_holes; i++) {
    const struct bmap_range *hole = &bmap->holes[i];

    FUZZ_CHECK (hole->length > 0 && (i == 0 || hole->offset > end));
    FUZZ_CHECK (hole->offset <= bmap->image_size
                && hole->length <= bmap->image_size - hole->offset);
    end = hole->offset + hole->length;
  }
  bmap_free (bmap);
  return 0;
}
