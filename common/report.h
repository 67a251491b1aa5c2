/* SPDX-License-Identifier: MIT */
/* The one way in which shared code reports an error.  Each program defines
 * report_error: the plugin by nbdkit_error, the client on stderr, the helper as
 * a status record, the tests into a buffer.  Whoever detects an error reports
 * it, once; everyone above only propagates.  Thread safe; keeps errno. */

#ifndef FLASHIMAGE_REPORT_H
#define FLASHIMAGE_REPORT_H

void report_error (const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 1, 2)));

#endif
