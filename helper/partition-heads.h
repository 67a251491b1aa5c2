/* SPDX-License-Identifier: MIT */
/* The chunks in which the old file systems have their superblocks.
 *
 * A file system that is mounted read-only writes nothing but its superblock:
 * ext4 logs there, from a kernel worker, each error that it meets on the dead
 * root.  So once the whole disk has been read back, the heads of the old
 * partitions are all that could still change before the reboot.  Their content
 * is kept in RAM_ROOT/heads, so that they can be put right without a source. */

#ifndef FLASH_HELPER_PARTITION_HEADS_H
#define FLASH_HELPER_PARTITION_HEADS_H

#include <stdint.h>
#include <sys/types.h>

#include "copy.h"

/* More partitions than this are not looked after: 32 MiB of RAM at most. */
#define PARTITION_HEADS_MAX 32

/* The chunks below NR_CHUNKS with the first 128 KiB of DISK, of each partition
 * that the kernel knows on it, and of each device that is made upon these and has
 * its beginning at one place, each once, in CHUNKS.  Returns how many.  128 KiB: btrfs has its superblock at 64 KiB, all others before. */
size_t partition_heads_list (dev_t disk, uint64_t nr_chunks,
                             uint64_t chunks[PARTITION_HEADS_MAX]);

/* The same for the target and the image of FLASH. */
size_t partition_heads_of (const struct flash *flash,
                           uint64_t chunks[PARTITION_HEADS_MAX]);

/* Take the room for keeping them, before the first write: afterwards the RAM
 * root may be full.  -1: reported. */
int partition_heads_reserve (const struct flash *flash);

/* Keep the heads of the target, which has just been read back.  -1:
 * reported. */
int partition_heads_keep (struct flash *flash);

/* Read the heads from the medium, and rewrite those that differ.  Returns how
 * many differed, -1: reported. */
int partition_heads_restore (struct flash *flash);

#endif
