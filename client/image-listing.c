/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "image-listing.h"
#include "size-text.h"

#define COLUMNS 6
#define CELL_MAX 48

/* -- Descriptions ---------------------------------------------------------- */

static bool
parse_bytes (const char *value, uint64_t *bytes)
{
  char *end;

  if (!isdigit ((unsigned char) *value))
    return false;
  errno = 0;
  *bytes = strtoull (value, &end, 10);
  return !*end && !errno;
}

static bool
parse_time (const char *value, time_t *when)
{
  struct tm tm = { .tm_sec = 0 };
  const char *end = strptime (value, "%Y-%m-%dT%H:%M:%SZ", &tm);

  if (!end || *end)
    return false;
  *when = timegm (&tm);
  return true;
}

static void
take_word (const char *key, const char *value, struct listed_image *i)
{
  if (strcmp (key, "format") == 0 && strlen (value) < sizeof i->format)
    strcpy (i->format, value);
  else if (strcmp (key, "disk-size") == 0)
    i->has_disk_size = parse_bytes (value, &i->disk_size);
  else if (strcmp (key, "stored-size") == 0)
    i->has_stored_size = parse_bytes (value, &i->stored_size);
  else if (strcmp (key, "modified") == 0)
    i->has_modified = parse_time (value, &i->modified);
  else if (strcmp (key, "integrity") == 0)
    i->integrity = strcmp (value, "intact") == 0 ? INTEGRITY_PROVEN
                   : strcmp (value, "unproven") == 0 ? INTEGRITY_UNPROVEN
                   : INTEGRITY_UNKNOWN;
}

bool
listed_image_parse (const char *description, struct listed_image *i)
{
  CLEANUP_FREE char *copy = strdup (description);
  char *rest = copy, *word;

  memset (i, 0, sizeof *i);
  while (rest && (word = strsep (&rest, " ")) != NULL) {
    char *equals = strchr (word, '=');

    if (!equals)
      continue;
    *equals = '\0';
    take_word (word, equals + 1, i);
  }
  return *i->format && i->has_stored_size;
}

char *
age_text (time_t modified, time_t now, char text[AGE_TEXT_MAX])
{
  static const struct { long seconds; const char *one, *many; } units[] = {
    { 365 * 86400L, "year", "years" }, { 86400, "day", "days" },
    { 3600, "hour", "hours" }, { 60, "minute", "minutes" },
  };
  const long age = now > modified ? (long) (now - modified) : 0;

  for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
    const long n = age / units[u].seconds;

    if (n > 0) {
      snprintf (text, AGE_TEXT_MAX, "%ld %s", n,
                n == 1 ? units[u].one : units[u].many);
      return text;
    }
  }
  snprintf (text, AGE_TEXT_MAX, "new");
  return text;
}

/* -- The table ------------------------------------------------------------- */

static const char *const titles[COLUMNS] = {
  "NAME", "FORMAT", "DISK", "STORED", "AGE", "INTEGRITY"
};
static const bool to_the_right[COLUMNS] = { [2] = true, [3] = true, [4] = true };

/* Letters of a valid UTF-8 text; wide ones count as one. */
static size_t
letters (const char *text)
{
  size_t n = 0;

  for (; *text; text++)
    n += (*text & 0xc0) != 0x80;
  return n;
}

/* What stands in COLUMN of ROW: the name itself, or text in CELL. */
static const char *
cell_text (const struct listed_row *row, int column, time_t now,
           char cell[CELL_MAX])
{
  static const char *const integrity[] = { "-", "proven", "not proven" };
  const struct listed_image *i = &row->image;

  strcpy (cell, "-");
  switch (column) {
  case 0:
    return row->name;
  case 1:
    return *i->format ? i->format : cell;
  case 2:
    return i->has_disk_size ? size_text (i->disk_size, cell) : cell;
  case 3:
    return i->has_stored_size ? size_text (i->stored_size, cell) : cell;
  case 4:
    return i->has_modified ? age_text (i->modified, now, cell) : cell;
  default:
    return *row->description ? row->description : integrity[i->integrity];
  }
}

static void
print_cell (FILE *f, const char *text, size_t width, bool right)
{
  const int pad = (int) (width - letters (text));

  if (right)
    fprintf (f, "%*s%s", pad, "", text);
  else
    fprintf (f, "%s%*s", text, pad, "");
}

/* ROW NULL: the titles. */
static void
print_row (FILE *f, const struct listed_row *row, const size_t widths[COLUMNS],
           time_t now)
{
  char cell[CELL_MAX];

  for (int c = 0; c < COLUMNS; c++) {
    const char *text = row ? cell_text (row, c, now, cell) : titles[c];

    if (c > 0)
      fputs ("  ", f);
    if (c == COLUMNS - 1)
      fputs (text, f);
    else
      print_cell (f, text, widths[c], to_the_right[c]);
  }
  putc ('\n', f);
}

void
image_listing_print (FILE *f, const struct listed_row *rows, size_t nr, time_t now)
{
  size_t widths[COLUMNS];
  char cell[CELL_MAX];

  for (int c = 0; c < COLUMNS; c++) {
    widths[c] = letters (titles[c]);
    for (size_t i = 0; i < nr; i++) {
      const size_t width = letters (cell_text (&rows[i], c, now, cell));
      if (width > widths[c])
        widths[c] = width;
    }
  }
  print_row (f, NULL, widths, now);
  for (size_t i = 0; i < nr; i++)
    print_row (f, &rows[i], widths, now);
}
