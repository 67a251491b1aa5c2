/* SPDX-License-Identifier: MIT */
/* The one way in which shared code reports an error.  Each program defines
 * report_error: the plugin by nbdkit_error (without the code), the client on stderr,
 * the helper as a status record, the tests into a buffer.  CODE is what people and
 * scripts look it up by.  Whoever detects an error reports it, once; everyone above
 * only propagates.  Thread safe; keeps errno. */

#ifndef FLASHIMAGE_REPORT_H
#define FLASHIMAGE_REPORT_H

#include "error-catalogue.h"

void report_error (enum error_code code, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 2, 3)));

#endif
