/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "patch-file.h"
#include "report.h"

/* The file lies in memory already: a map of it costs nothing more. */
static int
map_file (struct patch_file *file)
{
  char path[PATH_MAX];
  struct stat st;

  ram_root_path (path, "patch");
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd == -1 || fstat (fd, &st) == -1) {
    report_error (ERROR_SESSION_FAILED, "%s: %s", path, strerror (errno));
    return -1;
  }
  if (st.st_size <= 0 || st.st_size > (off_t) IMAGE_PATCH_MAX_FILE) {
    report_error (ERROR_SESSION_FAILED, "%s: no patch has this size", path);
    return -1;
  }
  file->size = (size_t) st.st_size;
  file->map = mmap (NULL, file->size, PROT_READ, MAP_SHARED, fd, 0);
  if (file->map != MAP_FAILED)
    return 0;
  file->map = NULL;
  report_error (ERROR_SESSION_FAILED, "%s: %s", path, strerror (errno));
  return -1;
}

/* The one that the session file names. */
static int
check_digest (const struct patch_file *file, const struct flash_settings *settings)
{
  char hex[DIGEST_HEX_SIZE];

  digest_to_hex (file->patch.digest, hex);
  if (strcmp (hex, settings->patch) == 0)
    return 0;
  report_error (ERROR_SESSION_FAILED,
                "the patch in the RAM root is not the one of this session (digest "
                "%s instead of %s)", hex, settings->patch);
  return -1;
}

int
patch_file_open (struct patch_file *file, const struct flash_settings *settings)
{
  memset (file, 0, sizeof *file);
  if (map_file (file) == 0
      && image_patch_read_file (&file->patch, file->map, file->size,
                                settings->disk_size) == 0
      && check_digest (file, settings) == 0)
    return 0;
  patch_file_close (file);
  return -1;
}

void
patch_file_close (struct patch_file *file)
{
  image_patch_release (&file->patch);
  if (file->map)
    munmap (file->map, file->size);
  file->map = NULL;
}
