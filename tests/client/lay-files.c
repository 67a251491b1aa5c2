/* SPDX-License-Identifier: MIT */
/* lay-files SOCKET PATCH: lays files into the root file system of the image that nbdkit
 * serves on SOCKET, and writes the patch.  The files are lines on stdin:
 *
 *     file MODE USER GROUP PATH SOURCE [LABEL]
 *     folder MODE USER GROUP PATH
 *
 * Errors go to stderr, and exit status 1 says so. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libnbd.h>

#include "file-io.h"
#include "image-facts.h"
#include "messages.h"
#include "report.h"
#include "root-file-system.h"

static bool
served (void *opaque)
{
  (void) opaque;
  return true;
}

static int
lay_file (struct ext4_volume *root, const char *path, const char *source,
          const struct ext4_owner *owner)
{
  static char data[1 << 20];
  const int fd = open (source, O_RDONLY | O_CLOEXEC);
  const ssize_t n = fd >= 0 ? full_read (fd, data, sizeof data) : -1;

  if (fd >= 0)
    close (fd);
  if (n == -1) {
    report_error (ERROR_KEEP_IMAGE, "%s cannot be read", source);
    return -1;
  }
  return ext4_volume_write (root, path, data, (size_t) n, owner);
}

static int
lay_line (struct ext4_volume *root, const char *line)
{
  char kind[8], path[256], source[256], label[128];
  struct ext4_owner owner = { .label = NULL };
  const int n = sscanf (line, "%7s %o %u %u %255s %255s %127s", kind, &owner.mode,
                        &owner.user, &owner.group, path, source, label);

  if (n == 7)
    owner.label = label;
  if (n == 5 && strcmp (kind, "folder") == 0)
    return ext4_volume_make_folder (root, path, &owner);
  if (n >= 6 && strcmp (kind, "file") == 0)
    return lay_file (root, path, source, &owner);
  report_error (ERROR_KEEP_IMAGE, "no line of lay-files: %s", line);
  return -1;
}

static int
lay_all (struct image_overlay *overlay)
{
  unsigned char head[PARTITION_TABLE_BYTES];
  struct partition_table table;
  char name[ROOT_NAME_MAX], line[1024];

  if (image_overlay_read (overlay, head, sizeof head, 0) == -1)
    return -1;
  partition_table_parse (head, sizeof head, image_overlay_size (overlay), &table);
  struct ext4_volume *root = root_file_system_open (overlay, &table, name);
  int r = root ? ext4_volume_check_writable (root) : -1;
  while (r == 0 && fgets (line, sizeof line, stdin))
    r = lay_line (root, line);
  if (r == 0)
    r = ext4_volume_flush (root);
  ext4_volume_close (root);
  return r;
}

static int
write_patch (const struct image_overlay *overlay, const char *path)
{
  struct image_patch patch = { .disk_size = image_overlay_size (overlay) };
  unsigned char *file = NULL;
  size_t size;
  int r = image_overlay_to_patch (overlay, &patch);

  if (r == 0)
    file = image_patch_make_file (&patch, &size);
  const int fd = file ? open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
  r = fd >= 0 ? full_write (fd, file, size) : -1;
  if (fd >= 0 && close (fd) == -1)
    r = -1;
  free (file);
  image_patch_release (&patch);
  return r;
}

int
main (int argc, char **argv)
{
  struct image_loan loan = { .fd = -1, .served = served };
  int r = -1;

  if (argc != 3)
    return 2;
  message_init (VERBOSITY_NORMAL);
  loan.socket = argv[1];
  struct image_server *server = image_server_borrow (&loan);
  struct nbd_handle *nbd = server ? image_facts_connect (server, "") : NULL;
  struct image_overlay *overlay =
    nbd ? image_overlay_new (server, (uint64_t) nbd_get_size (nbd)) : NULL;
  if (overlay && lay_all (overlay) == 0)
    r = write_patch (overlay, argv[2]);
  image_overlay_free (overlay);
  nbd_close (nbd);
  image_server_stop (server);
  return r == 0 ? 0 : 1;
}
