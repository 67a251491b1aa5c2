/* SPDX-License-Identifier: MIT */
/* The parts of a URI (RFC 3986), from people and so without trust.  Functions that
 * return a text return NULL, or what is wrong (a constant, to be reported). */

#ifndef FLASH_URI_PARTS_H
#define FLASH_URI_PARTS_H

#include <stddef.h>

#define URI_VALUE_MAX 1024      /* bytes of a host, a user, a value of the query */

/* SCHEME://[USER@]HOST[PATH][?QUERY], as it is written.  START <= END. */
struct uri_parts
{
  const char *user, *user_end;  /* both NULL: none */
  const char *host, *host_end;  /* with the port */
  const char *path, *path_end;  /* with its first "/" */
  const char *query, *end;      /* without "?"; query NULL: none */
};

/* The length of the scheme in front of "://"; 0: TEXT is no URI. */
size_t uri_scheme_length (const char *text);
/* REST is what follows "://". */
void uri_take_apart (const char *rest, struct uri_parts *parts);

/* FROM to END without percent escapes, MAX bytes at most, no control characters.
 * The caller must free *VALUE, also where it is wrong. */
const char *uri_decode (const char *from, const char *end, size_t max,
                        char **value);
/* TEXT for a path or a query, everything but letters, digits and "-._~/" escaped.
 * The caller must free it; NULL: no memory. */
char *uri_escape (const char *text);

/* The host of PARTS, without the brackets of an address, and its port (NULL: none).
 * The caller must free both, also where it is wrong. */
const char *uri_take_host (const struct uri_parts *parts, char **host,
                           char **port);

#endif
