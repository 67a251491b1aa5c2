/* SPDX-License-Identifier: MIT */
/* What changes an ext4 volume: files, folders, and SELinux's labels of both. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "ext4-volume-state.h"

#define LABEL "security.selinux"
/* Files that must not be rewritten in place. */
#define SPECIAL_FLAGS \
  (EXT2_IMMUTABLE_FL | EXT2_APPEND_FL | EXT4_ENCRYPT_FL | EXT4_VERITY_FL)

/* -- Labels ---------------------------------------------------------------- */

/* *HANDLE is to be closed, also after an error, unless it is NULL. */
static errcode_t
open_attributes (const struct ext4_volume *v, ext2_ino_t ino,
                 struct ext2_xattr_handle **handle)
{
  const errcode_t why = ext2fs_xattrs_open (v->fs, ino, handle);

  if (!why)
    return ext2fs_xattrs_read (*handle);
  *handle = NULL;
  return why;
}

/* The label of INO for the caller to free by ext2fs_free_mem; *LABEL NULL: it has
 * none. */
static errcode_t
get_label (const struct ext4_volume *v, ext2_ino_t ino, void **label, size_t *len)
{
  struct ext2_xattr_handle *handle;
  errcode_t why = open_attributes (v, ino, &handle);

  *label = NULL;
  if (!why)
    why = ext2fs_xattr_get (handle, LABEL, label, len);
  if (handle)
    ext2fs_xattrs_close (&handle);
  return why == EXT2_ET_EA_KEY_NOT_FOUND ? 0 : why;
}

static errcode_t
put_label (const struct ext4_volume *v, ext2_ino_t ino, const void *label,
           size_t len)
{
  struct ext2_xattr_handle *handle;
  errcode_t why = open_attributes (v, ino, &handle);

  if (!why)
    why = ext2fs_xattr_set (handle, LABEL, label, len);
  if (handle)
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
  const errcode_t why = ext4_volume_find (v, above, folder, &inode);
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
  why = ext4_volume_find (v, path, ino, &inode);
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
  return why ? ext4_volume_report (v, path, "it cannot be written", why) : 0;
}

int
ext4_volume_set_owner (struct ext4_volume *v, const char *path,
                       const struct ext4_owner *owner)
{
  struct ext2_inode inode;
  ext2_ino_t ino;
  errcode_t why = ext4_volume_find (v, path, &ino, &inode);

  if (!why)
    why = set_owner (v, ino, owner);
  return why ? ext4_volume_report (v, path, "its owner cannot be set", why) : 0;
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
  return why ? ext4_volume_report (v, path, "the folder cannot be made", why) : 0;
}
