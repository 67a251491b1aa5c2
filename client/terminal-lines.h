/* SPDX-License-Identifier: MIT */
/* The lines at the foot of the terminal that are redrawn in place.  There is one
 * terminal (stderr), so there is one such place; whoever prints hides them first. */

#ifndef FLASH_TERMINAL_LINES_H
#define FLASH_TERMINAL_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* From now on a change of the terminal's size is noticed; poll(2) wakes up for it. */
void terminal_lines_watch (void);
/* Whether the size has changed since the last drawing. */
bool terminal_lines_are_stale (void);

/* Draw NR lines of printable text over those that stand there, in one write, unless
 * they stand there already.  Each is cut at the terminal's width; lines for which it
 * is not high enough are left out.  Nothing happens while the terminal takes no
 * output: one that was stopped (^S) must not stop a flash. */
void terminal_lines_draw (const char *const lines[], size_t nr);
/* Lines and columns that fit the terminal; a line never takes the last column. */
size_t terminal_lines_room (void);
size_t terminal_lines_columns (void);
bool terminal_lines_are_drawn (void);
/* Wipe them off. */
void terminal_lines_hide (void);
/* They stay, and what comes next is printed below. */
void terminal_lines_leave (void);

#endif
