/* SPDX-License-Identifier: MIT */
/* The export "integrity": the state of the full scan as text (docs/protocol.md,
 * section 1). */

#ifndef FLASHIMAGE_INTEGRITY_EXPORT_H
#define FLASHIMAGE_INTEGRITY_EXPORT_H

#include "companion-files.h"
#include "image-table.h"
#include "integrity-record.h"

/* Start the scan, unless that was done before: 0, or -1, reported.  An image that
 * cannot be opened needs none. */
int integrity_export_start (const struct served_image *served,
                            const struct companion_files *files);

/* The state at this moment. */
void integrity_export_text (const struct served_image *served,
                            const struct companion_files *files,
                            char text[INTEGRITY_SIZE]);

#endif
