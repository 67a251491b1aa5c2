/* SPDX-License-Identifier: MIT */
/* The file RAM_ROOT/journal: how far the copy is, so that nothing which the
 * target already has is sent again, neither through the next tunnel nor after
 * the write was killed and started anew.
 *
 * Two slots of 128 bytes, written in turn; the valid one with the higher
 * sequence number counts, so that an update cut short costs one window at most. */

#ifndef FLASH_HELPER_JOURNAL_H
#define FLASH_HELPER_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "flash-settings.h"

struct journal_state
{
  char session[SESSION_ID_SIZE + 1];
  uint64_t disk_size, target_size;
  uint64_t position;            /* all before is durable, chunk 0 excepted */
  uint64_t zeroed;              /* bytes of it that were zeroed */
  uint64_t needed;              /* bytes of it that had to travel */
  bool first_chunk;             /* chunk 0 is durable as well */
};

struct journal;

/* Open PATH, creating it.  STATE names session and sizes.  When the file holds a
 * journal of just those, *FOUND is true and STATE is filled in from it; one of
 * another session, or damaged, counts as none.  NULL after report_error(). */
struct journal *journal_open (const char *path, struct journal_state *state,
                              bool *found);
void journal_close (struct journal *j);         /* NULL is allowed */

/* Whether anything was ever set down in PATH: the first write comes after that.
 * What cannot be read counts as yes. */
bool journal_is_begun (const char *path);

/* Set down STATE.  -1: reported. */
int journal_update (struct journal *j, const struct journal_state *state);

#endif
