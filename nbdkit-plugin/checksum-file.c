/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checksum-file.h"
#include "hex-digit.h"

#define HEX_LEN (2 * CHECKSUM_SIZE)

/* A part of the text, without a NUL. */
struct piece
{
  const char *start;
  size_t len;
};

bool
checksum_from_hex (const char *text, size_t len,
                   unsigned char hash[CHECKSUM_SIZE])
{
  if (len != HEX_LEN)
    return false;
  for (size_t i = 0; i < CHECKSUM_SIZE; i++) {
    int high = hex_digit (text[2 * i]), low = hex_digit (text[2 * i + 1]);

    if (high == -1 || low == -1)
      return false;
    hash[i] = (unsigned char) (high << 4 | low);
  }
  return true;
}

void
checksum_to_hex (const unsigned char hash[CHECKSUM_SIZE],
                 char hex[CHECKSUM_HEX_SIZE])
{
  for (size_t i = 0; i < CHECKSUM_SIZE; i++)
    snprintf (hex + 2 * i, 3, "%02x", hash[i]);
}

static bool
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

static void
trim (struct piece *piece)
{
  while (piece->len > 0 && is_blank (piece->start[piece->len - 1]))
    piece->len--;
  while (piece->len > 0 && is_blank (*piece->start)) {
    piece->start++;
    piece->len--;
  }
}

/* Whether the name in the file is NAME; with ANYWHERE whatever folders are before
 * it, else with nothing but "./".  With ESCAPED, sha256sum has written "\\" for a
 * backslash and "\n" for a newline. */
static bool
names (const struct piece *piece, bool escaped, const char *name, bool anywhere)
{
  const char *p = piece->start, *end = p + piece->len;
  const char *want = name;

  if (piece->len > 2 && p[0] == '.' && p[1] == '/')
    p += 2;
  while (p < end) {
    char c = *p++;

    if (escaped && c == '\\' && p < end) {
      c = *p++;
      c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
    }
    if (c == '/' && anywhere)
      want = name;
    else if (want && c != '\0' && *want == c)
      want++;
    else
      want = NULL;              /* until the next folder ends */
  }
  return want && *want == '\0' && want != name;
}

/* "HASH  NAME", "HASH *NAME", "HASH". */
static bool
parse_gnu (struct piece line, const char *name, bool own,
           unsigned char hash[CHECKSUM_SIZE])
{
  bool escaped = line.len > 0 && *line.start == '\\';

  if (escaped) {
    line.start++;
    line.len--;
  }
  if (line.len < HEX_LEN || !checksum_from_hex (line.start, HEX_LEN, hash))
    return false;
  struct piece rest = { line.start + HEX_LEN, line.len - HEX_LEN };
  if (rest.len == 0)
    return own;
  if (rest.len < 3 || *rest.start != ' '
      || (rest.start[1] != ' ' && rest.start[1] != '*'))
    return false;
  rest.start += 2;
  rest.len -= 2;
  return names (&rest, escaped, name, own);
}

/* "SHA256 (NAME) = HASH" */
static bool
parse_bsd (struct piece line, const char *name, bool own,
           unsigned char hash[CHECKSUM_SIZE])
{
  static const char before[] = "SHA256 (", between[] = ") = ";
  const size_t fixed = sizeof before - 1 + sizeof between - 1 + HEX_LEN;

  if (line.len <= fixed
      || memcmp (line.start, before, sizeof before - 1) != 0
      || !checksum_from_hex (line.start + line.len - HEX_LEN, HEX_LEN, hash))
    return false;
  struct piece file = { line.start + sizeof before - 1, line.len - fixed };
  return memcmp (file.start + file.len, between, sizeof between - 1) == 0
         && names (&file, false, name, own);
}

enum checksum_file_result
checksum_file_find (const char *text, size_t len, const char *name, bool own,
                    unsigned char hash[CHECKSUM_SIZE])
{
  enum checksum_file_result result = CHECKSUM_ABSENT;
  const char *end = text + len;

  while (text < end) {
    const char *newline = memchr (text, '\n', (size_t) (end - text));
    const char *line_end = newline ? newline : end;
    struct piece line = { text, (size_t) (line_end - text) };
    unsigned char found[CHECKSUM_SIZE];

    text = newline ? newline + 1 : end;
    trim (&line);
    if (!parse_gnu (line, name, own, found)
        && !parse_bsd (line, name, own, found))
      continue;
    if (result == CHECKSUM_FOUND && memcmp (hash, found, sizeof found) != 0)
      return CHECKSUM_CONTRADICTORY;
    memcpy (hash, found, sizeof found);
    result = CHECKSUM_FOUND;
  }
  return result;
}
