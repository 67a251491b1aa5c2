/* SPDX-License-Identifier: MIT */
/* nbdkit's -D flashimage.NAME=1 (nbdkit-plugin(3), Debug Flags).  Set before
 * anything is served, constant from then on. */

#ifndef FLASHIMAGE_DEBUG_FLAGS_H
#define FLASHIMAGE_DEBUG_FLAGS_H

extern int flashimage_debug_cache;      /* what the cache of Blocks did */
extern int flashimage_debug_scan;       /* scans and checksum passes */
extern int flashimage_debug_dir;        /* dir=: what is opened and listed */

#endif
