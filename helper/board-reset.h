/* SPDX-License-Identifier: MIT */
/* The hard way out: as if somebody pressed the board's reset button. */

#ifndef FLASH_HELPER_BOARD_RESET_H
#define FLASH_HELPER_BOARD_RESET_H

/* Reset at once, without a sync: what the old system still caches must not
 * reach the disk.  Returns only when it failed: -1 with errno; EPERM: this
 * process may not reboot, and nothing else was tried. */
int board_reset (void);

#endif
