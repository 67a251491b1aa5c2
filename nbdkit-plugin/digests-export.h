/* SPDX-License-Identifier: MIT */
/* The export "digests": the XXH3-128 of each chunk of the disk view
 * (docs/protocol.md, section 1).  Its content is constant: a read of a digest that
 * is not known yet waits for the scan. */

#ifndef FLASHIMAGE_DIGESTS_EXPORT_H
#define FLASHIMAGE_DIGESTS_EXPORT_H

#include <stdint.h>

#include "scan-job.h"

/* Bytes of the export for a disk view of so many bytes. */
uint64_t digests_export_size (uint64_t disk_size);

/* COUNT bytes at OFFSET, which lie inside: 0, or -1, reported. */
int digests_export_read (struct scan_job *job, uint64_t disk_size, void *buf,
                         uint32_t count, uint64_t offset);

#endif
