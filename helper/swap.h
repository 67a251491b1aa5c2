/* SPDX-License-Identifier: MIT */
/* Swap areas, as the mount namespace of the caller names them. */

#ifndef FLASH_HELPER_SWAP_H
#define FLASH_HELPER_SWAP_H

#include <sys/types.h>

struct swap_area
{
  const char *path;             /* decoded */
  int priority;                 /* below 0: given by the kernel */
};

/* A nonzero return ends the listing. */
typedef int (*swap_fn) (void *opaque, const struct swap_area *area);

/* Call FN for every swap file and swap partition on DISK.  Returns 0, what FN
 * returned, or -1 after report_error(). */
int swap_on_disk (dev_t disk, swap_fn fn, void *opaque);

#endif
