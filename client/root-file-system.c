/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "report.h"
#include "root-file-system.h"

#define MAGICS_SIZE (65536 + 4096)      /* btrfs has its superblock at 64 KiB */
#define EXT_MAGIC_AT 1080

/* How the kinds of file systems are known. */
static const struct
{
  const char *kind;
  size_t at, len;
  const char *magic;
} magics[] = {
  { "ext4", EXT_MAGIC_AT, 2, "\x53\xef" },
  { "btrfs", 65536 + 64, 8, "_BHRfS_M" },
  { "squashfs", 0, 4, "hsqs" },
  { "xfs", 0, 4, "XFSB" },
  { "f2fs", 1024, 4, "\x10\x20\xf5\xf2" },
  { "erofs", 1024, 4, "\xe2\xe1\xf5\xe0" },
  { "LUKS", 0, 6, "LUKS\xba\xbe" },
  { "LVM", 512, 8, "LABELONE" },
};

struct search
{
  struct image_overlay *overlay;
  char *name;                   /* of the one that was found */
  struct ext4_volume *found;
  unsigned nr_found;
  char others[256];             /* what else there is, for the report */
};

static void
note (struct search *s, const char *name, const char *kind)
{
  const size_t len = strlen (s->others);

  snprintf (s->others + len, sizeof s->others - len, "%s%s: %s", len ? ", " : "",
            name, kind);
}

/* NULL: no file system that is known here; "": reported. */
static const char *
kind_of (struct search *s, uint64_t start, uint64_t size)
{
  static unsigned char head[MAGICS_SIZE];
  const size_t len = size < sizeof head ? (size_t) size : sizeof head;

  if (image_overlay_read (s->overlay, head, len, start) == -1)
    return "";
  for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
    if (magics[i].at + magics[i].len <= len
        && memcmp (head + magics[i].at, magics[i].magic, magics[i].len) == 0)
      return magics[i].kind;
  return NULL;
}

static bool
is_root (struct ext4_volume *v)
{
  return ext4_volume_kind (v, "/etc") == EXT4_DIRECTORY
         && (ext4_volume_kind (v, "/usr") == EXT4_DIRECTORY
             || ext4_volume_kind (v, "/sbin") == EXT4_DIRECTORY);
}

/* NAME stays only with the first one. */
static int
look_at (struct search *s, const char *name, uint64_t start, uint64_t size)
{
  char own[ROOT_NAME_MAX];
  const char *kind = kind_of (s, start, size);

  if (!kind)
    return 0;
  if (!*kind)
    return -1;
  if (strcmp (kind, "ext4") != 0) {
    note (s, name, kind);
    return 0;
  }
  snprintf (own, sizeof own, "%s", name);
  struct ext4_volume *v = ext4_volume_open (s->overlay, start, size, own);
  if (!v)
    return -1;
  const bool root = is_root (v);
  ext4_volume_close (v);
  if (!root)
    note (s, name, "ext4 without /etc and /usr");
  else if (s->nr_found++ == 0) {
    strcpy (s->name, own);
    s->found = ext4_volume_open (s->overlay, start, size, s->name);
    return s->found ? 0 : -1;
  }
  else
    note (s, name, "another root file system");
  return 0;
}

static bool
is_candidate (const struct partition *p, uint64_t disk_size)
{
  return strcmp (p->type, "extended") != 0 && strcmp (p->type, "Linux swap") != 0
         && p->start < disk_size && p->size <= disk_size - p->start;
}

static int
look_at_all (struct search *s, const struct partition_table *table)
{
  const uint64_t disk_size = image_overlay_size (s->overlay);
  char name[ROOT_NAME_MAX];

  if (table->kind == TABLE_NONE)
    return look_at (s, "the file system", 0, disk_size);
  for (unsigned i = 0; i < table->nr_partitions; i++) {
    const struct partition *p = &table->partitions[i];

    snprintf (name, sizeof name, "partition %u", p->number);
    if (is_candidate (p, disk_size)
        && look_at (s, name, p->start, p->size) == -1)
      return -1;
  }
  return 0;
}

struct ext4_volume *
root_file_system_open (struct image_overlay *overlay,
                       const struct partition_table *table,
                       char name[ROOT_NAME_MAX])
{
  struct search s = { .overlay = overlay, .name = name };

  if (look_at_all (&s, table) == 0) {
    if (s.nr_found == 1)
      return s.found;
    if (s.nr_found == 0)
      report_error (ERROR_KEEP_IMAGE,
                    "the image has no ext4 root file system, which --keep needs "
                    "(%s)", *s.others ? s.others : "no file system is known here");
    else
      report_error (ERROR_KEEP_IMAGE,
                    "the image has %u root file systems, and --keep cannot know which "
                    "one is booted (%s; %s)", s.nr_found, name, s.others);
  }
  ext4_volume_close (s.found);
  return NULL;
}
