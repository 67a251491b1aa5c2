/* SPDX-License-Identifier: MIT */
/* An unlinked, sparse file that holds what was decoded of a disk view.  Thread
 * safe, as pread and pwrite are. */

#ifndef FLASHIMAGE_SPOOL_H
#define FLASHIMAGE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

struct fault;
struct spool;

/* An empty file in DIR.  NULL with FAULT set. */
struct spool *spool_open (const char *dir, struct fault *fault);
void spool_close (struct spool *spool);         /* NULL is allowed */

/* Make the file reach to END.  ENOSPC, with DIR's name in FAULT, when there is no
 * space for NEED more bytes. */
int spool_reserve (struct spool *spool, uint64_t need, uint64_t end,
                   struct fault *fault);

/* Zeroes are left out: the file is sparse. */
int spool_write (struct spool *spool, const void *buf, size_t len,
                 uint64_t offset, struct fault *fault);
int spool_read (struct spool *spool, void *buf, size_t len, uint64_t offset,
                struct fault *fault);

#endif
