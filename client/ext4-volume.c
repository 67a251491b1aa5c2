/* SPDX-License-Identifier: MIT */
/* By libext2fs.  The file system is opened read-only to look at it, and anew for
 * changes, which stay in its memory until they are flushed. */
#include <config.h>

#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "ext4-volume.h"
#include "overlay-io.h"
#include "report.h"

#define SUPERBLOCK 1024         /* bytes of it, and where it is */
#define LABEL "security.selinux"
/* Files that must not be rewritten in place. */
#define SPECIAL_FLAGS \
  (EXT2_IMMUTABLE_FL | EXT2_APPEND_FL | EXT4_ENCRYPT_FL | EXT4_VERITY_FL)

struct ext4_volume
{
  struct image_overlay *overlay;
  uint64_t start, size;
  const char *name;
  ext2_filsys fs;
};

static int
report (const struct ext4_volume *v, const char *path, const char *what,
        errcode_t why)
{
  report_error ("%s of the image%s%s: %s: %s", v->name, *path ? ", " : "", path,
                what, error_message (why));
  return -1;
}

/* -- Opening --------------------------------------------------------------- */

/* What the superblock says of its size decides how much memory is taken. */
static int
check_size (const struct ext4_volume *v)
{
  struct ext2_super_block super;

  if (v->size < 2 * SUPERBLOCK
      || image_overlay_read (v->overlay, &super, sizeof super,
                             v->start + SUPERBLOCK) == -1)
    return -1;
  const unsigned shift = ext2fs_le32_to_cpu (super.s_log_block_size);
  uint64_t blocks = ext2fs_le32_to_cpu (super.s_blocks_count);
  if (ext2fs_le32_to_cpu (super.s_feature_incompat)
      & EXT4_FEATURE_INCOMPAT_64BIT)
    blocks |= (uint64_t) ext2fs_le32_to_cpu (super.s_blocks_count_hi) << 32;
  if (shift <= 6 && blocks <= v->size >> (10 + shift))
    return 0;
  report_error ("%s of the image: its file system is larger than the partition, or "
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
    report_error ("out of memory");
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
    report (v, "", "its file system cannot be read", why);
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
    report_error ("%s of the image cannot be changed: %s", v->name, obstacle);
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
    return report (v, "", "its file system cannot be changed", why);
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
  return why ? report (v, "", "it cannot be changed", why) : 0;
}

/* -- Looking --------------------------------------------------------------- */

static errcode_t
find (const struct ext4_volume *v, const char *path, ext2_ino_t *ino,
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
  const errcode_t why = find (v, path, &ino, &inode);

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
  errcode_t why = find (v, path, &ino, &inode);

  if (!why && (!LINUX_S_ISREG (inode.i_mode) || EXT2_I_SIZE (&inode) > max)) {
    report_error ("%s of the image, %s: it is no file of at most %zu bytes", v->name,
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
  report (v, path, "it cannot be read", why);
  free (text);
  return NULL;
}

/* -- Labels ---------------------------------------------------------------- */

/* The label of INO for the caller to free by ext2fs_free_mem; *LABEL NULL: it has
 * none. */
static errcode_t
get_label (const struct ext4_volume *v, ext2_ino_t ino, void **label, size_t *len)
{
  struct ext2_xattr_handle *handle;
  errcode_t why = ext2fs_xattrs_open (v->fs, ino, &handle);

  *label = NULL;
  if (why)
    return why;
  why = ext2fs_xattrs_read (handle);
  if (!why)
    why = ext2fs_xattr_get (handle, LABEL, label, len);
  ext2fs_xattrs_close (&handle);
  return why == EXT2_ET_EA_KEY_NOT_FOUND ? 0 : why;
}

static errcode_t
put_label (const struct ext4_volume *v, ext2_ino_t ino, const void *label,
           size_t len)
{
  struct ext2_xattr_handle *handle;
  errcode_t why = ext2fs_xattrs_open (v->fs, ino, &handle);

  if (why)
    return why;
  why = ext2fs_xattrs_read (handle);
  if (!why)
    why = ext2fs_xattr_set (handle, LABEL, label, len);
  ext2fs_xattrs_close (&handle);
  return why;
}

/* A file system without labels is labelled by its own system, or never. */
static errcode_t
label_inode (const struct ext4_volume *v, ext2_ino_t ino, ext2_ino_t folder,
             const char *label)
{
  void *own = NULL, *inherited = NULL;
  size_t own_len = 0, len = 0;
  errcode_t why = get_label (v, folder, &inherited, &len);

  if (!why && inherited)
    why = get_label (v, ino, &own, &own_len);
  if (!why && inherited && label)
    why = put_label (v, ino, label, strlen (label) + 1);
  else if (!why && inherited && !own)
    why = put_label (v, ino, inherited, len);
  ext2fs_free_mem (&own);
  ext2fs_free_mem (&inherited);
  return why;
}

/* -- Changing -------------------------------------------------------------- */

/* The folder and the last component of PATH, which has no slash at its end. */
static errcode_t
find_folder (const struct ext4_volume *v, const char *path, ext2_ino_t *folder,
             const char **last)
{
  const char *slash = strrchr (path, '/');
  CLEANUP_FREE char *above = strndup (path, (size_t) (slash - path) + 1);
  struct ext2_inode inode;

  *last = slash + 1;
  if (!above)
    return EXT2_ET_NO_MEMORY;
  const errcode_t why = find (v, above, folder, &inode);
  return why ? why : LINUX_S_ISDIR (inode.i_mode) ? 0 : EXT2_ET_NO_DIRECTORY;
}

static errcode_t
set_owner (const struct ext4_volume *v, ext2_ino_t ino,
           const struct ext4_owner *owner)
{
  struct ext2_inode inode;
  errcode_t why = ext2fs_read_inode (v->fs, ino, &inode);

  if (why)
    return why;
  inode.i_mode = (__u16) ((inode.i_mode & LINUX_S_IFMT) | (owner->mode & 07777));
  inode.i_uid = (__u16) owner->user;
  inode.i_gid = (__u16) owner->group;
  inode.osd2.linux2.l_i_uid_high = (__u16) (owner->user >> 16);
  inode.osd2.linux2.l_i_gid_high = (__u16) (owner->group >> 16);
  inode.i_atime = inode.i_mtime = inode.i_ctime = (__u32) v->fs->now;
  return ext2fs_write_inode (v->fs, ino, &inode);
}

static errcode_t
link_name (const struct ext4_volume *v, ext2_ino_t folder, const char *name,
           ext2_ino_t ino)
{
  errcode_t why = ext2fs_link (v->fs, folder, name, ino, EXT2_FT_REG_FILE);

  if (why == EXT2_ET_DIR_NO_SPACE) {
    why = ext2fs_expand_dir (v->fs, folder);
    if (!why)
      why = ext2fs_link (v->fs, folder, name, ino, EXT2_FT_REG_FILE);
  }
  return why;
}

static errcode_t
create_file (const struct ext4_volume *v, ext2_ino_t folder, const char *name,
             ext2_ino_t *ino)
{
  struct ext2_inode inode;
  errcode_t why = ext2fs_new_inode (v->fs, folder, LINUX_S_IFREG, NULL, ino);

  if (!why)
    why = link_name (v, folder, name, *ino);
  if (why)
    return why;
  ext2fs_inode_alloc_stats2 (v->fs, *ino, +1, 0);
  memset (&inode, 0, sizeof inode);
  inode.i_mode = LINUX_S_IFREG;
  inode.i_links_count = 1;
  inode.i_atime = inode.i_mtime = inode.i_ctime = (__u32) v->fs->now;
  if (ext2fs_has_feature_extents (v->fs->super)) {
    ext2_extent_handle_t handle;

    why = ext2fs_extent_open2 (v->fs, *ino, &inode, &handle);
    if (why)
      return why;
    ext2fs_extent_free (handle);
  }
  return ext2fs_write_new_inode (v->fs, *ino, &inode);
}

/* A file with other names stays as it is under these. */
static errcode_t
leave_file (const struct ext4_volume *v, ext2_ino_t folder, const char *name,
            ext2_ino_t ino, struct ext2_inode *inode)
{
  const errcode_t why = ext2fs_unlink (v->fs, folder, name, ino, 0);

  inode->i_links_count--;
  return why ? why : ext2fs_write_inode (v->fs, ino, inode);
}

/* The inode for PATH's new content, which lies in FOLDER. */
static errcode_t
prepare_file (const struct ext4_volume *v, const char *path, ext2_ino_t *ino,
              ext2_ino_t *folder)
{
  struct ext2_inode inode;
  const char *name;
  ext2_ino_t other;
  errcode_t why = find_folder (v, path, folder, &name);

  if (why)
    return why;
  why = find (v, path, ino, &inode);
  if (why == EXT2_ET_FILE_NOT_FOUND) {
    /* A link that leads nowhere is no place for a file. */
    why = ext2fs_lookup (v->fs, *folder, name, (int) strlen (name), NULL, &other);
    return why == EXT2_ET_FILE_NOT_FOUND ? create_file (v, *folder, name, ino)
           : why ? why : EXT2_ET_FILE_EXISTS;
  }
  if (why)
    return why;
  if (!LINUX_S_ISREG (inode.i_mode) || inode.i_flags & SPECIAL_FLAGS)
    return EXT2_ET_FILE_RO;
  if (inode.i_links_count == 1)
    return 0;
  why = ext2fs_lookup (v->fs, *folder, name, (int) strlen (name), NULL, &other);
  if (why || other != *ino)     /* through a symbolic link */
    return why ? why : EXT2_ET_FILE_RO;
  why = leave_file (v, *folder, name, *ino, &inode);
  return why ? why : create_file (v, *folder, name, ino);
}

/* Bytes that lie in the inode itself stay there when a file becomes shorter.  A whole
 * block does not fit into it, so the file gets one. */
static errcode_t
leave_inode (const struct ext4_volume *v, ext2_file_t file)
{
  const unsigned size = v->fs->blocksize;
  CLEANUP_FREE char *zeroes = calloc (1, size);
  unsigned put;

  if (!(ext2fs_file_get_inode (file)->i_flags & EXT4_INLINE_DATA_FL))
    return 0;
  return zeroes ? ext2fs_file_write (file, zeroes, size, &put) : EXT2_ET_NO_MEMORY;
}

static errcode_t
empty_file (const struct ext4_volume *v, ext2_ino_t ino)
{
  ext2_file_t file;
  errcode_t why = ext2fs_file_open (v->fs, ino, EXT2_FILE_WRITE, &file);

  if (why)
    return why;
  why = leave_inode (v, file);
  if (!why)
    why = ext2fs_file_set_size2 (file, 0);
  const errcode_t at_end = ext2fs_file_close (file);
  return why ? why : at_end;
}

/* Opened anew: an open file remembers the block that it has lost. */
static errcode_t
write_all (const struct ext4_volume *v, ext2_ino_t ino, const void *data,
           size_t len)
{
  ext2_file_t file;
  unsigned put;
  errcode_t why = empty_file (v, ino);

  if (!why)
    why = ext2fs_file_open (v->fs, ino, EXT2_FILE_WRITE, &file);
  if (why)
    return why;
  for (size_t done = 0; !why && done < len; done += put)
    why = ext2fs_file_write (file, (const char *) data + done,
                             (unsigned) (len - done), &put);
  const errcode_t at_end = ext2fs_file_close (file);
  return why ? why : at_end;
}

int
ext4_volume_write (struct ext4_volume *v, const char *path, const void *data,
                   size_t len, const struct ext4_owner *owner)
{
  ext2_ino_t ino, folder;
  errcode_t why = prepare_file (v, path, &ino, &folder);

  if (!why)
    why = write_all (v, ino, data, len);
  if (!why)
    why = set_owner (v, ino, owner);
  if (!why)
    why = label_inode (v, ino, folder, owner->label);
  return why ? report (v, path, "it cannot be written", why) : 0;
}

int
ext4_volume_set_owner (struct ext4_volume *v, const char *path,
                       const struct ext4_owner *owner)
{
  struct ext2_inode inode;
  ext2_ino_t ino;
  errcode_t why = find (v, path, &ino, &inode);

  if (!why)
    why = set_owner (v, ino, owner);
  return why ? report (v, path, "its owner cannot be set", why) : 0;
}

int
ext4_volume_make_folder (struct ext4_volume *v, const char *path,
                         const struct ext4_owner *owner)
{
  ext2_ino_t ino, folder;
  const char *name;

  if (ext4_volume_kind (v, path) == EXT4_DIRECTORY)
    return 0;
  errcode_t why = find_folder (v, path, &folder, &name);
  if (!why)
    why = ext2fs_mkdir (v->fs, folder, 0, name);
  if (why == EXT2_ET_DIR_NO_SPACE) {
    why = ext2fs_expand_dir (v->fs, folder);
    if (!why)
      why = ext2fs_mkdir (v->fs, folder, 0, name);
  }
  if (!why)
    why = ext2fs_lookup (v->fs, folder, name, (int) strlen (name), NULL, &ino);
  if (!why)
    why = set_owner (v, ino, owner);
  if (!why)
    why = label_inode (v, ino, folder, owner->label);
  return why ? report (v, path, "the folder cannot be made", why) : 0;
}
