/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "partition-table.h"

#define MB (1024 * 1024)

static unsigned char data[PARTITION_TABLE_BYTES];

static void
put32 (unsigned char *p, uint32_t value)
{
  for (int i = 0; i < 4; i++)
    p[i] = (unsigned char) (value >> (8 * i));
}

static void
put_entry (int i, unsigned char status, unsigned char type, uint32_t start,
           uint32_t sectors)
{
  unsigned char *e = data + 446 + 16 * i;

  e[0] = status;
  e[4] = type;
  put32 (e + 8, start);
  put32 (e + 12, sectors);
}

static int
start_empty (void **state)
{
  (void) state;
  memset (data, 0, sizeof data);
  data[510] = 0x55;
  data[511] = 0xaa;
  return 0;
}

static void
parse (uint64_t disk_size, struct partition_table *t)
{
  partition_table_parse (data, sizeof data, disk_size, t);
}

static void
test_mbr (void **state)
{
  struct partition_table t;

  (void) state;
  put_entry (0, 0x80, 0x0c, 2048, 131072);
  put_entry (1, 0, 0x83, 133120, 1000000);
  put_entry (3, 0, 0x82, 2000000, 5000);
  parse (4096LL * MB, &t);
  assert_int_equal (t.kind, TABLE_MBR);
  assert_int_equal (t.nr_partitions, 3);
  assert_string_equal (t.partitions[0].type, "FAT");
  assert_int_equal (t.partitions[0].start, 2048 * 512);
  assert_int_equal (t.partitions[1].size, 1000000 * 512);
  assert_int_equal (t.partitions[2].number, 4);
  assert_int_equal (t.end, 2005000 * 512LL);
}

static void
test_no_table (void **state)
{
  struct partition_table t;

  (void) state;
  parse (64 * MB, &t);                  /* signature, no entry */
  assert_int_equal (t.kind, TABLE_NONE);
  put_entry (0, 0x33, 0x83, 2048, 4096);        /* a boot sector's code */
  parse (64 * MB, &t);
  assert_int_equal (t.kind, TABLE_NONE);
  put_entry (0, 0, 0x83, 2048, 4096);
  data[511] = 0;
  parse (64 * MB, &t);
  assert_int_equal (t.kind, TABLE_NONE);
  /* A disk that is shorter than a sector, and an empty one. */
  partition_table_parse (data, sizeof data, 511, &t);
  assert_int_equal (t.kind, TABLE_NONE);
  partition_table_parse (NULL, 0, 0, &t);
  assert_int_equal (t.kind, TABLE_NONE);
  /* A protective MBR, its GPT is gone. */
  start_empty (NULL);
  put_entry (0, 0, 0xee, 1, 0xffffffff);
  parse (64 * MB, &t);
  assert_int_equal (t.kind, TABLE_NONE);
}

/* A table that a real program has made: sfdisk's. */
static void
read_sfdisk_gpt (const char *sector)
{
  char path[] = "/tmp/test-partition-table-XXXXXX", command[512];
  int fd = mkstemp (path);
  FILE *f;
  size_t n;

  assert_int_not_equal (fd, -1);
  assert_int_equal (ftruncate (fd, 64 * MB), 0);
  assert_int_equal (close (fd), 0);
  snprintf (command, sizeof command,
            "printf 'label: gpt\\nsize=8MiB, type=U\\nsize=16MiB, type=L\\n' | "
            "PATH=$PATH:/sbin:/usr/sbin sfdisk -q --sector-size %s %s 2>/dev/null",
            sector, path);
  if (system (command) != 0) {
    unlink (path);
    skip ();
  }
  f = fopen (path, "r");
  assert_non_null (f);
  n = fread (data, 1, sizeof data, f);
  assert_int_equal (n, sizeof data);
  fclose (f);
  unlink (path);
}

static void
test_gpt (void **state)
{
  struct partition_table t;

  (void) state;
  read_sfdisk_gpt ("512");
  parse (64 * MB, &t);
  assert_int_equal (t.kind, TABLE_GPT);
  assert_int_equal (t.sector, 512);
  assert_int_equal (t.nr_partitions, 2);
  assert_string_equal (t.partitions[0].type, "EFI");
  assert_int_equal (t.partitions[0].size, 8 * MB);
  assert_string_equal (t.partitions[1].type, "Linux");
  assert_int_equal (t.end, 25 * MB);

  data[512 + 40] ^= 1;                  /* the CRC is wrong now */
  parse (64 * MB, &t);
  assert_int_equal (t.kind, TABLE_NONE);
}

static void
test_gpt_4096 (void **state)
{
  struct partition_table t;

  (void) state;
  read_sfdisk_gpt ("4096");
  parse (64 * MB, &t);
  assert_int_equal (t.kind, TABLE_GPT);
  assert_int_equal (t.sector, 4096);
  assert_int_equal (t.nr_partitions, 2);
  assert_int_equal (t.partitions[1].size, 16 * MB);
}

/* Whatever bytes: no crash, no partition beyond the limits (run under a
 * sanitizer to see more). */
static void
test_noise (void **state)
{
  struct partition_table t;
  uint32_t seed = 1;

  (void) state;
  for (int round = 0; round < 2000; round++) {
    for (size_t i = 0; i < sizeof data; i++) {
      seed = seed * 1664525 + 1013904223;
      data[i] = (unsigned char) (seed >> 24);
    }
    data[510] = 0x55;
    data[511] = 0xaa;
    for (int i = 0; i < 4; i++)
      data[446 + 16 * i] &= 0x80;
    partition_table_parse (data, sizeof data - (size_t) round, UINT64_MAX, &t);
    assert_true (t.nr_partitions <= PARTITIONS_MAX);
  }
}

/* An image in which a file system begins at SIGNED bytes. */
struct signed_image
{
  uint64_t offset;
  unsigned reads;
  bool fails;
};

static int
read_signed (void *opaque, void *buf, size_t len, uint64_t offset)
{
  struct signed_image *image = opaque;

  image->reads++;
  memset (buf, 0, len);
  if (offset == image->offset && len > 1082)
    memcpy ((char *) buf + 1080, "\x53\xef", 2);
  return image->fails ? -1 : 0;
}

static void
test_mbr_sector (void **state)
{
  struct partition_table t;
  struct signed_image image = { .offset = 133120 * 512 };

  (void) state;
  put_entry (0, 0x80, 0x0c, 2048, 131072);
  put_entry (1, 0, 0x83, 133120, 1000000);
  parse (8192LL * MB, &t);
  assert_int_equal (t.sector, 0);
  assert_int_equal (partition_table_find_sector (&t, 8192LL * MB, read_signed,
                                                 &image), 0);
  assert_int_equal (t.sector, 512);
  assert_int_equal (t.partitions[1].start, 133120 * 512);
  assert_int_equal (image.reads, 2);
  /* By sectors of 4096 bytes everything lies elsewhere. */
  parse (8192LL * MB, &t);
  image.offset = 2048 * 4096;
  assert_int_equal (partition_table_find_sector (&t, 8192LL * MB, read_signed,
                                                 &image), 0);
  assert_int_equal (t.sector, 4096);
  assert_int_equal (t.partitions[0].start, 2048 * 4096);
  assert_int_equal (t.partitions[1].size, 1000000 * 4096LL);
  assert_int_equal (t.end, 1133120 * 4096LL);
  /* Nothing that is known, or nothing at all behind the end of a short image. */
  parse (8192LL * MB, &t);
  image.offset = 1;
  assert_int_equal (partition_table_find_sector (&t, 8192LL * MB, read_signed,
                                                 &image), 0);
  assert_int_equal (t.sector, 0);
  assert_int_equal (t.end, 1133120 * 512);
  image.reads = 0;
  assert_int_equal (partition_table_find_sector (&t, 2 * MB, read_signed,
                                                 &image), 0);
  assert_int_equal (image.reads, 1);
  image.fails = true;
  assert_int_equal (partition_table_find_sector (&t, 8192LL * MB, read_signed,
                                                 &image), -1);
}

static void
test_both_gpts (void **state)
{
  struct partition_table t;

  (void) state;
  read_sfdisk_gpt ("512");
  parse (64 * MB, &t);
  assert_false (t.any_sector);
  /* The same header once more, where a disk of larger sectors looks for it: there
   * are entries in its way, so their number is none of its concern. */
  memcpy (data + 4096, data + 512, 92);
  parse (64 * MB, &t);
  assert_true (t.any_sector);
  assert_int_equal (t.sector, 512);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (test_mbr, start_empty),
    cmocka_unit_test_setup (test_no_table, start_empty),
    cmocka_unit_test_setup (test_gpt, start_empty),
    cmocka_unit_test_setup (test_gpt_4096, start_empty),
    cmocka_unit_test_setup (test_noise, start_empty),
    cmocka_unit_test_setup (test_mbr_sector, start_empty),
    cmocka_unit_test_setup (test_both_gpts, start_empty),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
