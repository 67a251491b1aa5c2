/* SPDX-License-Identifier: MIT */
/* report_error (report.h) for the plugin: goes to nbdkit_error, or, while a thread
 * asks for it, into a buffer, when the text is to be told in another way. */

#ifndef FLASHIMAGE_REPORT_CAPTURE_H
#define FLASHIMAGE_REPORT_CAPTURE_H

#include <stddef.h>

/* From now on the reports of this thread go into BUF (always terminated, "" at
 * first; each report overwrites the one before it). */
void report_capture_begin (char *buf, size_t size);
void report_capture_end (void);         /* keeps errno */

#endif
