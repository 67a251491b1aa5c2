/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "foreign-format.h"

#define MAGIC(offset, bytes, name) { offset, sizeof (bytes) - 1, bytes, name }

/* A boot sector may begin with almost anything, so only signatures that no
 * partitioned disk begins with are listed; a partition table does not excuse
 * them. */
static const struct
{
  size_t offset;
  size_t length;
  const char *bytes;
  const char *name;
} formats[] = {
  MAGIC (0, "PK\003\004", "a zip archive within another one; unpack it once"),
  MAGIC (0, "PK\005\006", "an empty zip archive"),
  MAGIC (0, "\x28\xb5\x2f\xfd", "compressed twice; unpack it once with zstd -d"),
  MAGIC (0, "BZh", "bzip2-compressed, and damaged or compressed twice"),
  MAGIC (0, "\x04\x22\x4d\x18", "lz4-compressed; unpack it with lz4 -d"),
  MAGIC (0, "\x02\x21\x4c\x18", "lz4-compressed; unpack it with lz4 -d"),
  MAGIC (0, "\x89LZO\0\r\n\x1a\n", "lzop-compressed; unpack it with lzop -d"),
  MAGIC (0, "LZIP\001", "lzip-compressed; unpack it with lzip -d"),
  MAGIC (0, "\x5d\0\0", "lzma-compressed; unpack it with unlzma"),
  MAGIC (0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
  MAGIC (0, "Rar!\x1a\x07", "a RAR archive; unpack it first"),
  MAGIC (0, "\xfd" "7zXZ", "compressed twice; unpack it once with xz -d"),
  MAGIC (0, "\x1f\x8b\x08", "compressed twice; unpack it once with gunzip"),
  MAGIC (257, "ustar", "a tar archive; unpack the image from it first"),
  MAGIC (0, "!<arch>\n", "an ar archive or Debian package"),
  MAGIC (0, "\xed\xab\xee\xdb", "an RPM package"),
  MAGIC (0, "QFI\xfb", "a qcow2 image; convert it with "
         "qemu-img convert -O raw"),
  MAGIC (0, "KDMV", "a VMDK image; convert it with qemu-img convert -O raw"),
  MAGIC (0, "# Disk DescriptorFile", "a VMDK descriptor; convert the image "
         "with qemu-img convert -O raw"),
  MAGIC (0, "vhdxfile", "a VHDX image; convert it with "
         "qemu-img convert -O raw"),
  MAGIC (0x40, "\x7f\x10\xda\xbe", "a VDI image; convert it with "
         "qemu-img convert -O raw"),
  MAGIC (0, "\x3a\xff\x26\xed", "an Android sparse image; convert it with "
         "simg2img"),
  MAGIC (0, "hsqs", "a squashfs file system, not a disk"),
  MAGIC (0, "\x7f" "ELF", "a program"),
  MAGIC (0, "%PDF-", "a PDF document"),
  MAGIC (0, "<!DOCTYPE", "a web page: the download went wrong"),
  MAGIC (0, "<!doctype", "a web page: the download went wrong"),
  MAGIC (0, "<html", "a web page: the download went wrong"),
  MAGIC (0, "<?xml", "an XML document"),
  MAGIC (0, "#!/", "a script"),
};

const char *
foreign_format (const unsigned char *start, size_t len)
{
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
    if (formats[i].offset + formats[i].length <= len &&
        memcmp (start + formats[i].offset, formats[i].bytes,
                formats[i].length) == 0)
      return formats[i].name;
  return NULL;
}
