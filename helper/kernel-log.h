/* SPDX-License-Identifier: MIT */
/* What the kernel has said about a disk (/dev/kmsg, see the kernel's
 * Documentation/ABI/testing/dev-kmsg). */

#ifndef FLASH_HELPER_KERNEL_LOG_H
#define FLASH_HELPER_KERNEL_LOG_H

#include <stddef.h>

#define KERNEL_LOG_LINES 5
#define KERNEL_LOG_LINE 160     /* bytes of a line at most, its end included */
#define KERNEL_LOG_SIZE (KERNEL_LOG_LINES * (KERNEL_LOG_LINE + 1))

/* The last lines, KERNEL_LOG_LINES at most, that name DISK ("mmcblk0") or tell of
 * an I/O error, joined by '|', without control characters; "" when there are
 * none, or no log can be read. */
void kernel_log_about (const char *disk, char text[KERNEL_LOG_SIZE]);

/* The same from FD, which does not block and gives one record a read. */
void kernel_log_read (int fd, const char *disk, char text[KERNEL_LOG_SIZE]);

#endif
