/* SPDX-License-Identifier: MIT */
/* What this process is allowed to do (capabilities(7)). */

#ifndef FLASH_HELPER_CAPABILITY_H
#define FLASH_HELPER_CAPABILITY_H

#include <stdbool.h>

/* CAPABILITY: CAP_SYS_BOOT and so on; those below 32. */
bool capability_is_effective (unsigned capability);

#endif
