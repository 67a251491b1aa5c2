/* SPDX-License-Identifier: MIT */
/* The lines at the foot of the terminal that are redrawn in place.  There is one
 * terminal (stderr), so there is one such place; whoever prints hides them first. */

#ifndef FLASH_TERMINAL_LINES_H
#define FLASH_TERMINAL_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Draw NR lines of printable text over those that stand there.  Each is cut at the
 * terminal's width; lines for which it is not high enough are left out. */
void terminal_lines_draw (const char *const lines[], size_t nr);
/* Lines that fit the terminal. */
size_t terminal_lines_room (void);
bool terminal_lines_are_drawn (void);
/* Wipe them off. */
void terminal_lines_hide (void);
/* They stay, and what comes next is printed below. */
void terminal_lines_leave (void);

#endif
