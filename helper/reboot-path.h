/* SPDX-License-Identifier: MIT */
/* The two ways in which flash.sh resets the board: /bin/reboot of the RAM root
 * (reboot(2)), and SysRq-b. */

#ifndef FLASH_HELPER_REBOOT_PATH_H
#define FLASH_HELPER_REBOOT_PATH_H

/* Prove, resetting nothing, that /bin/reboot runs, and that one of the two ways is
 * open; a way that is not is said as a note.  -1: reported. */
int reboot_path_rehearse (void);

#endif
