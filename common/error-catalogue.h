/* SPDX-License-Identifier: MIT */
/* The codes of errors: error-catalogue.def lists them, and what each means. */

#ifndef FLASH_ERROR_CATALOGUE_H
#define FLASH_ERROR_CATALOGUE_H

#include <stddef.h>

enum error_code
{
#define ERROR_GROUP(title)
#define ERROR_ENTRY(name, code, state, cause, remedy) ERROR_##name,
#include "error-catalogue.def"
#undef ERROR_ENTRY
#undef ERROR_GROUP
  ERROR_CODES
};

/* The code for people and scripts: "disk-too-small". */
const char *error_code_name (enum error_code code);

/* The code of NAME, which somebody else has sent; FALLBACK for NULL and for what is
 * not in the catalogue. */
enum error_code error_code_of_name (const char *name, enum error_code fallback);

#endif
