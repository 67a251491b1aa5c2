/* SPDX-License-Identifier: MIT */
/* Integrity records: whatever an image server sends (docs/protocol.md,
 * section 1). */

#include <config.h>

#include <string.h>

#include "digest.h"
#include "fuzz-support.h"
#include "integrity-record.h"

static void
check_text (const char *text, size_t size)
{
  FUZZ_CHECK (memchr (text, '\0', size));
  for (const char *p = text; *p; p++)
    FUZZ_CHECK ((unsigned char) *p >= ' ' || *p == '\n');
}

static void
check_record (const struct integrity *i)
{
  unsigned char digest[DIGEST_SIZE];
  char hex[DIGEST_HEX_SIZE];

  check_text (i->format, sizeof i->format);
  check_text (i->check, sizeof i->check);
  check_text (i->notes, sizeof i->notes);
  check_text (i->error, sizeof i->error);
  FUZZ_CHECK (*i->format);
  if (!*i->digest) {
    FUZZ_CHECK (i->state != INTEGRITY_INTACT);
    return;
  }
  FUZZ_CHECK (digest_from_hex (i->digest, digest));
  digest_to_hex (digest, hex);
  FUZZ_CHECK (strcmp (hex, i->digest) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char text[INTEGRITY_SIZE] = "";
  struct integrity i;

  if (size > 0)
    memcpy (text, data, size < sizeof text ? size : sizeof text);
  if (integrity_parse (text, &i) == 0)
    check_record (&i);
  digests_header_check (text, size);
  return 0;
}
