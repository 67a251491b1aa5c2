/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "board-reset.h"
#include "cleanup.h"
#include "file-io.h"

int
board_reset (void)
{
  /* Who lacks the right to reboot must not get around it by SysRq. */
  if (reboot (RB_AUTOBOOT) == -1 && errno == EPERM)
    return -1;
  CLEANUP_CLOSE int fd = open ("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
  if (fd == -1 || full_write (fd, "b", 1) == -1)
    return -1;
  errno = EIO;
  return -1;
}
