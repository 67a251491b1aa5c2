/* SPDX-License-Identifier: MIT */
/* The progress line: redrawn in place on a terminal, five times a second at most, a
 * plain line every 10 % or 10 seconds elsewhere.  There is one terminal, so there is
 * one progress line; everything else that the program prints goes through messages.h,
 * which hides it first.  Where records are taken (message-sink.h), it is one of them,
 * twice a second at most. */

#ifndef FLASH_PROGRESS_H
#define FLASH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bottleneck.h"
#include "disk-map.h"
#include "progress-line.h"

/* ENABLED: false for --quiet.  Looks whether stderr is a terminal. */
void progress_init (bool enabled);

/* A new line with this label, for PHASE as records call it; both are constants.
 * Ends the one before. */
void progress_begin (const char *phase, const char *label);
/* DONE of TOTAL bytes; TOTAL 0: unknown. */
void progress_update (uint64_t done, uint64_t total);
/* What else is known; shown by the next update. */
void progress_set_holes (uint64_t bytes);
void progress_set_bottleneck (enum bottleneck bottleneck);
/* MAP, which must stay, is drawn above the line from now on; NULL: none. */
void progress_set_map (const struct disk_map *map);
/* Draw anew what time or a terminal of another size has changed.  Whoever waits long
 * calls it now and then. */
void progress_tick (void);
/* The label of the line, the pointer itself; NULL: there is none. */
const char *progress_label (void);
/* On a terminal, TEXT in the line's place until the next one or progress_hide; false
 * elsewhere: the caller prints it. */
bool progress_show_text (const char *text);
/* Leaves the last state standing and ends the line. */
void progress_end (void);
/* Wipe the line off the terminal; the next update draws it again. */
void progress_hide (void);

#endif
