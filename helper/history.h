/* SPDX-License-Identifier: MIT */
/* The records so far: what each newly attached client is told, and the file
 * `status`.  Bounded: the oldest notes are forgotten first, then what was said
 * again later. */

#ifndef FLASH_HELPER_HISTORY_H
#define FLASH_HELPER_HISTORY_H

#include <stddef.h>

#define HISTORY_MAX (48 * 1024) /* bytes */

struct history;

/* PATH is where history_save() puts the records (copied); NULL: nowhere.
 * Returns NULL with errno. */
struct history *history_new (const char *path);
void history_free (struct history *history);    /* NULL is allowed */

/* Add one line, newline included, of at most STATUS_RECORD_MAX bytes. */
void history_add (struct history *history, const char *line, size_t len);

/* All lines, one behind the other; valid until the next history_add. */
const char *history_text (const struct history *history, size_t *len);

/* Begin with what the file says, whole lines only: 0, or -1 with errno. */
int history_load (struct history *history);

/* Replace the file by the records so far: 0, or -1 with errno. */
int history_save (const struct history *history);

#endif
