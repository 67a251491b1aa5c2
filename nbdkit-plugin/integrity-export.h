/* SPDX-License-Identifier: MIT */
/* The export "integrity": the state of the full scan as text (docs/protocol.md,
 * section 1).  One scan, in the background, for all connections. */

#ifndef FLASHIMAGE_INTEGRITY_EXPORT_H
#define FLASHIMAGE_INTEGRITY_EXPORT_H

#include "image.h"

#define INTEGRITY_EXPORT_SIZE 4096

struct integrity_export;

/* IM must outlive it.  Starts nothing.  NULL: no memory, reported. */
struct integrity_export *integrity_export_new (struct image *im);

/* Cancels the scan if it is running.  NULL is allowed. */
void integrity_export_free (struct integrity_export *integrity);

/* Start the scan, unless that was done before: 0, or -1, reported. */
int integrity_export_start (struct integrity_export *integrity);

/* The state at this moment. */
void integrity_export_text (struct integrity_export *integrity,
                            char text[INTEGRITY_EXPORT_SIZE]);

#endif
