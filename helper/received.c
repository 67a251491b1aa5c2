/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "flash-settings.h"
#include "received.h"
#include "report.h"

#define FILE_SIZE (RECEIVED_KINDS * sizeof (uint64_t))

uint64_t *
received_counter (enum received_kind kind)
{
  char path[PATH_MAX];
  void *map = MAP_FAILED;

  ram_root_path (path, "received");
  CLEANUP_CLOSE int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  /* Its room is taken: a full RAM root must not be a SIGBUS later. */
  int error = fd == -1 ? errno : posix_fallocate (fd, 0, FILE_SIZE);
  if (error == 0) {
    map = mmap (NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    error = map == MAP_FAILED ? errno : 0;
  }
  if (error == 0)
    return (uint64_t *) map + kind;
  report_error (ERROR_RAM_ROOT_FULL, "%s: %s", path, strerror (error));
  return NULL;
}
