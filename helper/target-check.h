/* SPDX-License-Identifier: MIT */
/* The last look at the target before a session begins: is it the disk that the
 * client means?  Looks at the mounts of the calling process. */

#ifndef FLASH_HELPER_TARGET_CHECK_H
#define FLASH_HELPER_TARGET_CHECK_H

#include "session-file.h"

/* The target must be a whole disk of the size that the client saw.  With
 * root-disk=yes it must hold the file system of /; with root-disk=no nothing on
 * it may be mounted or swapped to.  0, or -1 after report_error(). */
int target_check (const struct session_file *file);

#endif
