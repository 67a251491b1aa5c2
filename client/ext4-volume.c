/* SPDX-License-Identifier: MIT */
/* By libext2fs.  The file system is opened read-only to look at it, and anew for
 * changes, which stay in its memory until they are flushed. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ext4-volume-state.h"
#include "overlay-io.h"
#include "report.h"

#define SUPERBLOCK 1024         /* bytes of it, and where it is */

int
ext4_volume_report (const struct ext4_volume *v, const char *path, const char *what,
                    errcode_t why)
{
  report_error (ERROR_KEEP_IMAGE,
                "%s of the image%s%s: %s: %s", v->name, *path ? ", " : "", path,
                what, error_message (why));
  return -1;
}

/* -- Opening --------------------------------------------------------------- */

/* What the superblock says of its size decides how much memory is taken. */
static int
check_size (const struct ext4_volume *v)
{
  struct ext2_super_block super;

  memset (&super, 0xff, sizeof super);  /* one that is too large */
  if (v->size >= 2 * SUPERBLOCK
      && image_overlay_read (v->overlay, &super, sizeof super,
                             v->start + SUPERBLOCK) == -1)
    return -1;
  const unsigned shift = ext2fs_le32_to_cpu (super.s_log_block_size);
  uint64_t blocks = ext2fs_le32_to_cpu (super.s_blocks_count);
  if (ext2fs_le32_to_cpu (super.s_feature_incompat)
      & EXT4_FEATURE_INCOMPAT_64BIT)
    blocks |= (uint64_t) ext2fs_le32_to_cpu (super.s_blocks_count_hi) << 32;
  if (shift <= 6 && blocks <= v->size >> (10 + shift))
    return 0;
  report_error (ERROR_KEEP_IMAGE,
                "%s of the image: its file system is larger than the partition, or "
                "damaged", v->name);
  return -1;
}

static errcode_t
open_file_system (struct ext4_volume *v, int flags)
{
  return ext2fs_open2 ("image", NULL, flags | EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP,
                       0, 0, overlay_io_manager (v->overlay, v->start, v->size),
                       &v->fs);
}

struct ext4_volume *
ext4_volume_open (struct image_overlay *overlay, uint64_t start, uint64_t size,
                  const char *name)
{
  struct ext4_volume *v = calloc (1, sizeof *v);

  if (!v) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  initialize_ext2_error_table ();
  *v = (struct ext4_volume) {
    .overlay = overlay, .start = start, .size = size, .name = name,
  };
  errcode_t why = 0;
  if (check_size (v) == 0 && (why = open_file_system (v, 0)) == 0)
    return v;
  if (why) {
    ext4_volume_report (v, "", "its file system cannot be read", why);
    v->fs = NULL;
  }
  ext4_volume_close (v);
  return NULL;
}

void
ext4_volume_close (struct ext4_volume *v)
{
  if (!v)
    return;
  if (v->fs)
    ext2fs_free (v->fs);
  free (v);
}

/* NULL: nothing of it would be left wrong by a change. */
static const char *
find_obstacle (struct ext2_super_block *super)
{
  if (ext2fs_has_feature_journal_needs_recovery (super)
      || ext2fs_has_feature_orphan_present (super) || super->s_last_orphan)
    return "it was not unmounted cleanly, and its journal must be replayed first";
  if (!(super->s_state & EXT2_VALID_FS) || super->s_state & EXT2_ERROR_FS)
    return "it is marked as having errors";
  if (ext2fs_has_feature_readonly (super) || ext2fs_has_feature_shared_blocks (super))
    return "it is made to be read only";
  if (ext2fs_has_feature_quota (super) || ext2fs_has_feature_project (super))
    return "it keeps quotas, which would become wrong";
  if (ext2fs_has_feature_mmp (super))
    return "it is protected against several mounts";
  if (ext2fs_has_feature_encrypt (super) || ext2fs_has_feature_casefold (super))
    return "it is made for encrypted folders, or for names without case";
  return NULL;
}

int
ext4_volume_check_writable (struct ext4_volume *v)
{
  const char *obstacle = find_obstacle (v->fs->super);

  if (obstacle) {
    report_error (ERROR_KEEP_IMAGE,
                  "%s of the image cannot be changed: %s", v->name, obstacle);
    return -1;
  }
  ext2fs_free (v->fs);
  v->fs = NULL;
  errcode_t why = open_file_system (v, EXT2_FLAG_RW);
  if (why)
    v->fs = NULL;
  else
    why = ext2fs_read_bitmaps (v->fs);
  if (why)
    return ext4_volume_report (v, "", "its file system cannot be changed", why);
  /* The same inputs must give the same bytes. */
  v->fs->now = v->fs->super->s_wtime ? v->fs->super->s_wtime : 1;
  return 0;
}

int
ext4_volume_flush (struct ext4_volume *v)
{
  errcode_t why = ext2fs_write_bitmaps (v->fs);

  if (!why)
    why = ext2fs_flush (v->fs);
  return why ? ext4_volume_report (v, "", "it cannot be changed", why) : 0;
}

/* -- Looking --------------------------------------------------------------- */

errcode_t
ext4_volume_find (const struct ext4_volume *v, const char *path, ext2_ino_t *ino,
                  struct ext2_inode *inode)
{
  errcode_t why = ext2fs_namei_follow (v->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path,
                                       ino);

  return why ? why : ext2fs_read_inode (v->fs, *ino, inode);
}

enum ext4_kind
ext4_volume_kind (struct ext4_volume *v, const char *path)
{
  struct ext2_inode inode;
  ext2_ino_t ino;
  const errcode_t why = ext4_volume_find (v, path, &ino, &inode);

  if (why)
    return why == EXT2_ET_FILE_NOT_FOUND || why == EXT2_ET_NO_DIRECTORY
           ? EXT4_NOTHING : EXT4_OTHER;
  return LINUX_S_ISREG (inode.i_mode) ? EXT4_FILE
         : LINUX_S_ISDIR (inode.i_mode) ? EXT4_DIRECTORY : EXT4_OTHER;
}

static errcode_t
read_all (const struct ext4_volume *v, ext2_ino_t ino, char *text, size_t size)
{
  ext2_file_t file;
  unsigned got = 0;
  errcode_t why = ext2fs_file_open (v->fs, ino, 0, &file);

  for (size_t done = 0; !why && done < size; done += got) {
    why = ext2fs_file_read (file, text + done, (unsigned) (size - done), &got);
    if (!why && got == 0)
      why = EXT2_ET_SHORT_READ;
  }
  if (file)
    ext2fs_file_close (file);
  return why;
}

char *
ext4_volume_read (struct ext4_volume *v, const char *path, size_t max)
{
  struct ext2_inode inode;
  ext2_ino_t ino;
  errcode_t why = ext4_volume_find (v, path, &ino, &inode);

  if (!why && (!LINUX_S_ISREG (inode.i_mode) || EXT2_I_SIZE (&inode) > max)) {
    report_error (ERROR_KEEP_IMAGE,
                  "%s of the image, %s: it is no file of at most %zu bytes", v->name,
                  path, max);
    return NULL;
  }
  char *text = why ? NULL : calloc (1, EXT2_I_SIZE (&inode) + 1);
  if (!why && !text)
    why = EXT2_ET_NO_MEMORY;
  if (!why)
    why = read_all (v, ino, text, EXT2_I_SIZE (&inode));
  if (!why)
    return text;
  ext4_volume_report (v, path, "it cannot be read", why);
  free (text);
  return NULL;
}
