/* SPDX-License-Identifier: MIT */
/* What a partition of the board is used for, in words. */

#ifndef FLASH_PARTITION_USES_H
#define FLASH_PARTITION_USES_H

#include "target-probe.h"

#define PARTITION_USES_MAX 1024

/* "ext4 on /; swap", or "vg-root (LVM): ext4 on /; vg-swap (LVM): swap": what is
 * mounted from PARTITION (or the disk), and from what is made upon it.  "" when it
 * is not used; what does not fit is cut. */
void partition_uses (const struct target_probe *board, const char *partition,
                     char uses[PARTITION_USES_MAX]);

#endif
