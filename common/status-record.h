/* SPDX-License-Identifier: MIT */
/* Status records (docs/protocol.md, section 3): made by the helper, read by the
 * client; the session file uses the same encoding for its values. */

#ifndef FLASHIMAGE_STATUS_RECORD_H
#define FLASHIMAGE_STATUS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATUS_RECORD_PREFIX "FLR1 "
#define STATUS_RECORD_MAX 4096  /* bytes of a line, its newline included */
#define STATUS_RECORD_FIELDS 32

#define FLASH_PROTOCOL_VERSION 1
#define FLASH_RAM_ROOT "/run/flash-live-remote"
#define FLASH_TUNNEL_MARKER "FLR1-TUNNEL\n"
#define FLASH_SURVEY_MARKER "FLR1-SURVEY\n"
#define FLASH_SURVEY_CHUNKS 64  /* of one question for digests, at most */

/* Percent-encode VALUE into OUT (SIZE bytes, NUL terminated); what does not fit
 * is cut off between two encoded bytes.  Returns the length written. */
size_t status_encode (const char *value, char *out, size_t size);

/* Make the line of a record, newline included, in LINE (STATUS_RECORD_MAX + 1
 * bytes).  FIELDS: key, value, key, value..., NULL.  A record that would be too
 * long loses the end of its longest value.  Returns the line's length. */
size_t status_format (char *line, const char *type, const char *const fields[]);

struct status_record
{
  const char *type;
  unsigned nr_fields;
  struct { const char *key; char *value; } fields[STATUS_RECORD_FIELDS];
};

/* Parse LINE (without its newline) in place: RECORD points into it.  Returns
 * false when it is no record (wrong prefix, bad encoding, a NUL byte in a value,
 * too many fields); LINE may be changed then only if it had the prefix. */
bool status_parse (char *line, struct status_record *record);

/* The value of KEY, or NULL. */
const char *status_get (const struct status_record *record, const char *key);

/* The value of KEY as an unsigned decimal number; false when it is absent, not
 * a number or out of range. */
bool status_get_number (const struct status_record *record, const char *key,
                        uint64_t *number);

/* Decode a percent-encoded value in place; false when it is malformed. */
bool status_decode (char *value);

#endif
