/* SPDX-License-Identifier: MIT */
/* Status records: whatever a board sends (docs/protocol.md, section 3); and what an
 * image server says about an image, in their words (section 1). */

#include <config.h>

#include <string.h>

#include "fuzz-support.h"
#include "image-description.h"
#include "status-record.h"

/* A value that was parsed is encoded and parsed to itself again. */
static void
check_value (const char *value)
{
  char encoded[3 * STATUS_RECORD_MAX + 1], line[4 * STATUS_RECORD_MAX];
  struct status_record again;

  status_encode (value, encoded, sizeof encoded);
  FUZZ_CHECK (strlen (encoded) + 20 < sizeof line);
  strcpy (line, STATUS_RECORD_PREFIX "x k=");
  strcat (line, encoded);
  FUZZ_CHECK (status_parse (line, &again));
  FUZZ_CHECK (again.nr_fields == 1);
  FUZZ_CHECK (strcmp (again.fields[0].value, value) == 0);
}

/* A record that was parsed can be made again, and is never too long. */
static void
check_record (const struct status_record *record)
{
  const char *fields[2 * STATUS_RECORD_FIELDS + 1] = { NULL };
  char line[STATUS_RECORD_MAX + 1];

  for (unsigned i = 0; i < record->nr_fields; i++) {
    uint64_t number;

    FUZZ_CHECK (record->fields[i].key[0] != '\0');
    check_value (record->fields[i].value);
    status_get_number (record, record->fields[i].key, &number);
    FUZZ_CHECK (status_get (record, record->fields[i].key));
    fields[2 * i] = record->fields[i].key;
    fields[2 * i + 1] = record->fields[i].value;
  }
  size_t n = status_format (line, record->type, fields);
  FUZZ_CHECK (n <= STATUS_RECORD_MAX && line[n] == '\0' && line[n - 1] == '\n');
}

/* What was understood of a description says the same again. */
static void
check_description (const char *words)
{
  char text[IMAGE_DESCRIPTION_SIZE];
  struct image_description d, again;

  if (!image_description_parse (words, &d))
    return;
  FUZZ_CHECK (image_description_format (&d, text) < sizeof text);
  FUZZ_CHECK (image_description_parse (text, &again));
  FUZZ_CHECK (again.stored_size == d.stored_size && again.proof == d.proof
              && again.modified == d.modified);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char line[STATUS_RECORD_MAX];
  struct status_record record;

  if (size >= sizeof line)
    size = sizeof line - 1;
  if (size > 0)
    memcpy (line, data, size);
  line[size] = '\0';
  if (size >= strlen (STATUS_RECORD_PREFIX))
    memcpy (line, STATUS_RECORD_PREFIX, strlen (STATUS_RECORD_PREFIX));
  if (size >= strlen (STATUS_RECORD_PREFIX))
    check_description (line + strlen (STATUS_RECORD_PREFIX));
  if (status_parse (line, &record))
    check_record (&record);
  return 0;
}
