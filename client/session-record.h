/* SPDX-License-Identifier: MIT */
/* A flash that is under way, as a record. */

#ifndef FLASH_SESSION_RECORD_H
#define FLASH_SESSION_RECORD_H

#include "session-status.h"

/* R; NULL: there is none. */
void session_record (const struct session_report *r);

#endif
