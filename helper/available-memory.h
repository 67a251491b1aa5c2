/* SPDX-License-Identifier: MIT */
/* How much memory the kernel could still give (proc_meminfo(5)). */

#ifndef FLASH_HELPER_AVAILABLE_MEMORY_H
#define FLASH_HELPER_AVAILABLE_MEMORY_H

#include <stdint.h>

/* In bytes; 0: a kernel before 3.14 does not tell. */
uint64_t available_memory (void);

#endif
