/* SPDX-License-Identifier: MIT */
/* Where an image is, as it stands on the command line. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz-support.h"
#include "image-location.h"
#include "terminal-text.h"
#include "uri-parts.h"

static bool
is_printable (const char *text)
{
  char *copy = strdup (text);
  bool same;

  FUZZ_CHECK (copy);
  same = strcmp (terminal_text_clean (copy), text) == 0;
  free (copy);
  return same;
}

static bool
has_control (const char *text)
{
  for (; text && *text; text++)
    if ((unsigned char) *text < 0x20 || *text == 0x7f)
      return true;
  return false;
}

/* A value that is escaped comes back as it was. */
static void
check_value (const char *value)
{
  char *escaped = uri_escape (value), *back;

  FUZZ_CHECK (escaped);
  FUZZ_CHECK (!uri_decode (escaped, escaped + strlen (escaped), strlen (value),
                           &back));
  FUZZ_CHECK (strcmp (back, value) == 0);
  free (escaped);
  free (back);
}

static void
check_nbd (const struct image_location *l)
{
  FUZZ_CHECK (l->server && l->export && strlen (l->export) <= IMAGE_EXPORT_MAX);
  FUZZ_CHECK (!l->host == !!l->socket && !l->host == !l->port);
  FUZZ_CHECK (l->tls || (!l->user && !l->certificates && !l->psk_file));
  FUZZ_CHECK (!l->certificates || !l->psk_file);
  FUZZ_CHECK (!has_control (l->export) && !has_control (l->host)
              && !has_control (l->socket) && !has_control (l->user)
              && !has_control (l->certificates) && !has_control (l->psk_file));
  FUZZ_CHECK (!l->host || *l->host != '-');
  check_value (l->export);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char *text = strndup ((const char *) data, size);
  struct image_location l;

  FUZZ_CHECK (text);
  if (image_location_parse (text, &l) == 0) {
    FUZZ_CHECK (l.shown && *l.name && strlen (l.name) < IMAGE_NAME_SIZE);
    FUZZ_CHECK (is_printable (l.name) && is_printable (l.shown));
    FUZZ_CHECK ((l.kind == IMAGE_FILE) == (uri_scheme_length (text) == 0));
    if (l.kind == IMAGE_NBD)
      check_nbd (&l);
    if (l.kind == IMAGE_WEB)
      FUZZ_CHECK (!has_control (text) && !strpbrk (text, " \"<>"));
  }
  image_location_release (&l);
  free (text);
  return 0;
}
