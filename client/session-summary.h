/* SPDX-License-Identifier: MIT */
/* A flash that is under way, in words for a person. */

#ifndef FLASH_SESSION_SUMMARY_H
#define FLASH_SESSION_SUMMARY_H

#include <stdio.h>

#include "session-status.h"

/* Where R stands; lines, the last one complete. */
void session_summary_print (FILE *f, const char *host,
                            const struct session_report *r);

/* What can be done now, with the very command that goes on with R. */
void session_summary_advise (FILE *f, const struct options *options,
                             const struct session_report *r);

#endif
