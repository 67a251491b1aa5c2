/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "error-catalogue.h"

static const char *const names[] = {
#define ERROR_GROUP(title)
#define ERROR_ENTRY(name, code, state, cause, remedy) code,
#include "error-catalogue.def"
#undef ERROR_ENTRY
#undef ERROR_GROUP
};

const char *
error_code_name (enum error_code code)
{
  return names[code];
}

enum error_code
error_code_of_name (const char *name, enum error_code fallback)
{
  for (size_t i = 0; name && i < ERROR_CODES; i++)
    if (strcmp (names[i], name) == 0)
      return (enum error_code) i;
  return fallback;
}
