/* SPDX-License-Identifier: MIT */
/* .zip images.  Signatures, CRC and sizes of the first member are made right again,
 * unless the control bytes say otherwise (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and
 * 4.3.16). */

#include <config.h>

#include <string.h>

#include <zlib.h>

#include "fuzz-support.h"

#define NO_REPAIR 32            /* of control[0] */
#define OUTPUT_MAX (UINT64_C (64) << 20)
#define LOCAL_SIZE 30
#define ENTRY_SIZE 46
#define END_SIZE 22
#define WITH_DESCRIPTOR 8       /* general purpose flag */

static unsigned
get_u16 (const uint8_t *p)
{
  return (unsigned) (p[0] | p[1] << 8);
}

static void
put_u32 (uint8_t *p, uint64_t value)
{
  for (int i = 0; i < 4; i++)
    p[i] = (uint8_t) (value >> (8 * i));
}

static uint32_t
get_u32 (const uint8_t *p)
{
  return get_u16 (p) | (uint32_t) get_u16 (p + 2) << 16;
}

/* CRC, stored size and size, as they follow each other in both headers. */
struct member
{
  uint64_t crc, stored_size, size;
};

static void
inflate_member (const uint8_t *data, size_t len, struct member *member)
{
  static uint8_t out[64 * 1024];
  z_stream strm;
  int ret = Z_OK;

  memset (&strm, 0, sizeof strm);
  FUZZ_CHECK (inflateInit2 (&strm, -MAX_WBITS) == Z_OK);
  strm.next_in = (uint8_t *) (uintptr_t) data;
  strm.avail_in = (uInt) len;
  member->crc = crc32 (0, NULL, 0);
  while (ret == Z_OK && strm.total_out < OUTPUT_MAX) {
    strm.next_out = out;
    strm.avail_out = sizeof out;
    ret = inflate (&strm, Z_NO_FLUSH);
    member->crc = crc32 (member->crc, out, (uInt) sizeof out - strm.avail_out);
  }
  member->stored_size = strm.total_in;
  member->size = strm.total_out;
  inflateEnd (&strm);
}

static void
put_member (uint8_t *p, const struct member *member)
{
  put_u32 (p, member->crc);
  put_u32 (p + 4, member->stored_size);
  put_u32 (p + 8, member->size);
}

static void
repair (struct fuzz_file *file)
{
  struct member member;

  if (file->len < LOCAL_SIZE + ENTRY_SIZE + END_SIZE)
    return;
  uint8_t *local = file->data, *end = file->data + file->len - END_SIZE;
  size_t start = LOCAL_SIZE + get_u16 (local + 26) + get_u16 (local + 28);
  if (start > file->len)
    return;
  inflate_member (file->data + start, file->len - start, &member);
  if (!(get_u16 (local + 6) & WITH_DESCRIPTOR))
    put_member (local + 14, &member);

  memcpy (end, "PK\5\6", 4);
  uint64_t entry = get_u32 (end + 16);
  if (entry <= file->len - ENTRY_SIZE) {
    memcpy (file->data + entry, "PK\1\2", 4);
    put_member (file->data + entry + 16, &member);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct fuzz_file file;

  fuzz_file_init (&file, data, size);
  fuzz_file_force (&file, "PK\3\4", 4);
  if (!(file.control[0] & NO_REPAIR))
    repair (&file);
  fuzz_image (&file);
  fuzz_file_free (&file);
  return 0;
}
