/* SPDX-License-Identifier: MIT */
/* Sizes as people read them. */

#ifndef FLASH_SIZE_TEXT_H
#define FLASH_SIZE_TEXT_H

#include <stdint.h>

#define SIZE_TEXT_MAX 32

/* "512 bytes", "1.4 MB", "31.9 GB": decimal units, as disks are sold.  Returns
 * TEXT. */
char *size_text (uint64_t bytes, char text[SIZE_TEXT_MAX]);

#endif
