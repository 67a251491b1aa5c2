/* SPDX-License-Identifier: MIT */
/* What the tests of every compressed format ask of an image: reads, extents,
 * scan, remembering, damage. */

#ifndef FORMAT_CHECKS_H
#define FORMAT_CHECKS_H

#include "image-support.h"

/* FILE, opened in several ways (spool or not, little memory, several threads),
 * must read as CONTENT: forwards, at random, with extents, by threads. */
void check_reads (const struct bytes *file, const struct bytes *content);

/* The scan finds FILE intact, with that check and a note that contains NOTE
 * (NULL: no notes).  Scans, closes, and does the same with what the format
 * remembers. */
void check_intact (const struct bytes *file, const struct bytes *content,
                   const char *check, const char *note);

/* FILE is refused when it is opened, or found damaged by its scan; with TEXT,
 * the message contains that. */
void check_damaged (const struct bytes *file, const char *text);

/* FILE's scan finds it intact, and it reads as CONTENT from its start to its
 * end. */
void check_decodes (const struct bytes *file, const struct bytes *content);

/* FILE is found damaged, or it is read as CONTENT all the same: not every bit
 * of a file has a meaning. */
void check_not_misread (const struct bytes *file, const struct bytes *content);

/* Whether that program can be run. */
bool have_program (const char *name);

/* What COMMAND, a shell command, makes of CONTENT on its stdin. */
struct bytes run_filter (const char *command, const struct bytes *content);

#endif
