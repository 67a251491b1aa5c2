/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "image-listing.h"
#include "size-text.h"

#define COLUMNS 6
#define CELL_MAX 48

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

/* "proven"; the words of a foreign server. */
static const char *
verdict_on (const struct listed_row *row)
{
  static const char *const verdicts[] = {
    [IMAGE_UNPROVEN] = "not proven", [IMAGE_INTACT] = "proven",
    [IMAGE_DAMAGED] = "DAMAGED",
  };

  return !row->ours && *row->description ? row->description
         : !row->ours ? "-" : verdicts[row->image.proof];
}

/* What stands in COLUMN of ROW: the name itself, or text in CELL. */
static const char *
cell_text (const struct listed_row *row, int column, time_t now,
           char cell[CELL_MAX])
{
  const struct image_description *i = &row->image;

  strcpy (cell, "-");
  switch (column) {
  case 0:
    return row->name;
  case 1:
    return *i->format ? i->format : cell;
  case 2:
    return i->disk_size_known ? size_text (i->disk_size, cell) : cell;
  case 3:
    return row->ours ? size_text (i->stored_size, cell) : cell;
  case 4:
    return i->modified != 0 ? age_text (i->modified, now, cell) : cell;
  default:
    return verdict_on (row);
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
