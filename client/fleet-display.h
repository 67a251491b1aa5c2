/* SPDX-License-Identifier: MIT */
/* How far the boards of a fleet are: a line each at the foot of a terminal; a plain
 * line now and then elsewhere; nothing with --quiet, or where records are taken. */

#ifndef FLASH_FLEET_DISPLAY_H
#define FLASH_FLEET_DISPLAY_H

#include "fleet-board.h"
#include "terminal-style.h"

#define FLEET_LINE_MAX 1024

/* Looks whether stderr is a terminal. */
void fleet_display_init (enum verbosity verbosity);

/* Whether each step of a board is printed as a line of its own. */
bool fleet_display_says_steps (void);

/* B has made progress: where lines are printed, it is its turn perhaps. */
void fleet_display_progress (struct fleet_board *b);
/* Draw the lines anew, where they are. */
void fleet_display_update (const struct fleet_board boards[], size_t nr);
/* The lines stay as they are; the boards have all ended. */
void fleet_display_end (const struct fleet_board boards[], size_t nr);

/* "board-1    writing  1.2 GB of 2.7 GB  44 %": the line of B in COLUMNS, its name
 * filled up to WIDTH. */
void fleet_display_format (char line[FLEET_LINE_MAX], const struct fleet_board *b,
                           int width, size_t columns,
                           const struct terminal_style *style);

#endif
