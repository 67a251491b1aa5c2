/* SPDX-License-Identifier: MIT */
/* The old system's mount namespace, where the board's own root is /.  Nothing
 * may go there any more once the disk is being overwritten. */

#ifndef FLASH_HELPER_OLD_ROOT_H
#define FLASH_HELPER_OLD_ROOT_H

#include <sys/types.h>

/* Move this process into the namespace that FLASH_OLD_NS names: 0, or -1 after
 * report_error(). */
int old_root_enter (void);

/* The target's device number, from FLASH_TARGET: 0, or -1 after
 * report_error(). */
int old_root_target (dev_t *target);

#endif
