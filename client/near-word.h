/* SPDX-License-Identifier: MIT */
/* What a mistyped word was probably meant to be. */

#ifndef FLASH_NEAR_WORD_H
#define FLASH_NEAR_WORD_H

#include <stdbool.h>

#define WORD_LENGTH_MAX 127

/* The number of letters to insert, delete or replace between A and B;
 * WORD_LENGTH_MAX when one of them has more letters than that. */
unsigned word_distance (const char *a, const char *b);

/* Whether a word, DISTANCE letters away from NAME, may be a slip for it: two
 * letters at most, and less than half of them. */
bool word_is_near (const char *name, unsigned distance);

#endif
