/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex-digit.h"
#include "uri-parts.h"

size_t
uri_scheme_length (const char *text)
{
  size_t len = 0;

  if (!isascii ((unsigned char) *text) || !isalpha ((unsigned char) *text))
    return 0;
  while (isascii ((unsigned char) text[len])
         && (isalnum ((unsigned char) text[len])
             || (text[len] && strchr ("+-.", text[len]))))
    len++;
  return strncmp (text + len, "://", 3) == 0 ? len : 0;
}

void
uri_take_apart (const char *rest, struct uri_parts *p)
{
  memset (p, 0, sizeof *p);
  p->end = rest + strlen (rest);
  p->host = rest;
  p->host_end = rest + strcspn (rest, "/?");
  p->path = p->path_end = p->host_end;
  if (*p->path == '/')
    p->path_end += strcspn (p->path, "?");
  if (*p->path_end == '?')
    p->query = p->path_end + 1;
  for (const char *c = p->host; c < p->host_end; c++)
    if (*c == '@') {
      p->user = rest;
      p->user_end = c;
      p->host = c + 1;
    }
}

/* -- Percent escapes ------------------------------------------------------ */

const char *
uri_decode (const char *from, const char *end, size_t max,
            char **value)
{
  char *out = *value = malloc ((size_t) (end - from) + 1);

  if (!out)
    return "out of memory";
  while (from < end) {
    unsigned char c = (unsigned char) *from++;

    if (c == '%') {
      int high = end - from >= 2 ? hex_digit (from[0]) : -1;
      int low = high >= 0 ? hex_digit (from[1]) : -1;

      if (low < 0)
        return "a \"%\" begins an escape of two hexadecimal digits; the character "
               "itself is written %25";
      c = (unsigned char) (high * 16 + low);
      from += 2;
    }
    if (c < 0x20 || c == 0x7f)
      return "it has a control character in it";
    *out++ = (char) c;
  }
  *out = '\0';
  return (size_t) (out - *value) > max ? "a part of it is too long" : NULL;
}

char *
uri_escape (const char *text)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789-._~/";
  char *escaped = malloc (3 * strlen (text) + 1), *out = escaped;

  if (!escaped)
    return NULL;
  for (; *text; text++)
    if (strchr (plain, *text))
      *out++ = *text;
    else
      out += sprintf (out, "%%%02X", (unsigned) (unsigned char) *text);
  *out = '\0';
  return escaped;
}

/* -- The server ----------------------------------------------------------- */

static const char *
check_port (const char *from, const char *end)
{
  unsigned long port = 0;

  if (from == end || end - from > 5)
    return "the port behind \":\" must be a number from 1 to 65535";
  for (; from < end; from++) {
    if (!isascii ((unsigned char) *from) || !isdigit ((unsigned char) *from))
      return "the port behind \":\" must be a number from 1 to 65535";
    port = port * 10 + (unsigned long) (*from - '0');
  }
  return port >= 1 && port <= 65535
         ? NULL : "the port behind \":\" must be a number from 1 to 65535";
}

static bool
is_good_host (const char *host, bool is_address)
{
  const char *also = is_address ? ":.%" : ".-_";

  if (!*host || *host == '-')
    return false;
  for (; *host; host++)
    if (!isascii ((unsigned char) *host)
        || (!isalnum ((unsigned char) *host) && !strchr (also, *host)))
      return false;
  return true;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT. */
const char *
uri_take_host (const struct uri_parts *p, char **host, char **port)
{
  const bool is_address = *p->host == '[';
  const char *start = p->host + is_address, *end = start, *wrong;

  while (end < p->host_end && *end != (is_address ? ']' : ':'))
    end++;
  if (start == end)
    return "no server is named";
  if (end - start > URI_VALUE_MAX)
    return "the server's name is too long";
  if ((wrong = uri_decode (start, end, URI_VALUE_MAX, host)) != NULL)
    return wrong;
  if (is_address && end < p->host_end)
    end++;
  else if (is_address)
    return "a \"]\" is missing behind the address";
  if (!is_good_host (*host, is_address))
    return "what stands in the place of the server is no host name (an IPv6 "
           "address is written in brackets)";
  if (end == p->host_end)
    return NULL;
  if (*end != ':')
    return "something stands between the server and the path";
  if ((wrong = check_port (end + 1, p->host_end)) != NULL)
    return wrong;
  *port = strndup (end + 1, (size_t) (p->host_end - end - 1));
  return *port ? NULL : "out of memory";
}

