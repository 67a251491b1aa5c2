/* SPDX-License-Identifier: MIT */
/* The file `session' of a stored session: what is known of a flash. */

#ifndef FLASH_STORED_SESSION_H
#define FLASH_STORED_SESSION_H

#include <stdbool.h>

#include "session-store.h"

/* Its text, which the caller must free; NULL: no memory. */
char *stored_session_text (const struct stored_session *s);

/* TEXT, which is changed, into S, which is empty; keys that are not known are
 * left out.  False: it is not such a file; S must be released either way. */
bool stored_session_parse (char *text, struct stored_session *s);

#endif
