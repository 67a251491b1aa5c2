/* SPDX-License-Identifier: MIT */
/* .gz images.  A mutated member fails by its CRC32 only after all of it has come
 * out; so CRC32 and length are made right again (RFC 1952, section 2.3.1), unless the
 * control bytes say otherwise: then the access points and the second reading are
 * reached too. */

#include <config.h>

#include <string.h>

#include <zlib.h>

#include "fuzz-support.h"

#define NO_REPAIR 32            /* of control[0] */
#define OUTPUT_MAX (UINT64_C (64) << 20)
#define REPAIRS_MAX 16

static const uint8_t magic[3] = { 0x1f, 0x8b, 8 };

static void
put_u32 (uint8_t *p, uint32_t value)
{
  for (int i = 0; i < 4; i++)
    p[i] = (uint8_t) (value >> (8 * i));
}

/* Inflate one member.  Z_STREAM_END, with *USED its length, or what went wrong. */
static int
inflate_member (z_stream *strm, uint8_t *data, size_t len, size_t *used)
{
  static uint8_t out[64 * 1024];
  int ret = Z_OK;

  FUZZ_CHECK (inflateReset (strm) == Z_OK);
  strm->next_in = data;
  strm->avail_in = (uInt) len;
  while (ret == Z_OK && strm->total_out < OUTPUT_MAX) {
    strm->next_out = out;
    strm->avail_out = sizeof out;
    ret = inflate (strm, Z_NO_FLUSH);
  }
  *used = len - strm->avail_in;
  return ret;
}

/* Whether what was wrong could be made right. */
static bool
repair_trailer (z_stream *strm, uint8_t *data, size_t used)
{
  if (!strm->msg || used < 4)
    return false;
  if (strcmp (strm->msg, "incorrect data check") == 0)
    put_u32 (data + used - 4, (uint32_t) strm->adler);
  else if (strcmp (strm->msg, "incorrect length check") == 0)
    put_u32 (data + used - 4, (uint32_t) strm->total_out);
  else
    return false;
  return true;
}

static void
repair (struct fuzz_file *file)
{
  z_stream strm;
  size_t start = 0, used;

  memset (&strm, 0, sizeof strm);
  FUZZ_CHECK (inflateInit2 (&strm, 16 + MAX_WBITS) == Z_OK);
  for (int i = 0; i < REPAIRS_MAX && start < file->len; i++) {
    int ret = inflate_member (&strm, file->data + start, file->len - start, &used);

    if (ret == Z_STREAM_END)
      start += used;
    else if (!repair_trailer (&strm, file->data + start, used))
      break;
  }
  inflateEnd (&strm);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file file;

  fuzz_file_init (&file, data, size);
  fuzz_file_force (&file, magic, sizeof magic);
  if (!(file.control[0] & NO_REPAIR))
    repair (&file);
  fuzz_image (&file);
  fuzz_file_free (&file);
  return 0;
}
