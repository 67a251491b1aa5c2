/* SPDX-License-Identifier: MIT */
/* Memory for decoded Blocks, which goes back to the system when it is freed. */

#ifndef FLASHIMAGE_BLOCK_MEMORY_H
#define FLASHIMAGE_BLOCK_MEMORY_H

#include <stdint.h>

char *block_memory_new (uint64_t size);                 /* NULL: no memory */
void block_memory_free (char *memory, uint64_t size);   /* NULL is allowed */

#endif
