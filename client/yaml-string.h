/* SPDX-License-Identifier: MIT */
/* A string as YAML's double-quoted scalar (YAML 1.2, section 7.3.1), on one line. */

#ifndef FLASH_YAML_STRING_H
#define FLASH_YAML_STRING_H

#include <stdio.h>

/* VALUE is UTF-8; a byte that is not becomes U+FFFD.  Errors are the stream's. */
void yaml_string_write (FILE *f, const char *value);

#endif
