/* SPDX-License-Identifier: MIT */
/* What the boards of a fleet say: understood, and passed on to the person or as
 * records, with the board's name. */

#ifndef FLASH_FLEET_WORDS_H
#define FLASH_FLEET_WORDS_H

#include "fleet-board.h"

/* A line of the pipe of records, and one of what the process printed. */
void fleet_words_take_record (struct fleet_board *b, char *line);
void fleet_words_take_line (struct fleet_board *b, char *line);

/* An error about it that its process did not report. */
void fleet_words_error (struct fleet_board *b, enum error_code code, const char *text);
/* It has ended: the record. */
void fleet_words_end (const struct fleet_board *b);

#endif
