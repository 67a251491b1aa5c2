/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "image-description.h"
#include "status-record.h"

#define RECORD_START STATUS_RECORD_PREFIX "image "

static const char *const proofs[] = {
  [IMAGE_UNPROVEN] = "unproven",
  [IMAGE_INTACT] = "intact",
  [IMAGE_DAMAGED] = "damaged"
};

/* -- Making ---------------------------------------------------------------- */

/* TIME as 2026-11-28T15:00:00Z; nothing for a year that has not four digits. */
static void
format_time (int64_t time, char *text, size_t size)
{
  const time_t t = (time_t) time;
  struct tm tm;

  if (!gmtime_r (&t, &tm) || tm.tm_year < -900 || tm.tm_year > 9999 - 1900
      || strftime (text, size, " modified=%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    *text = '\0';
}

size_t
image_description_format (const struct image_description *d,
                          char text[IMAGE_DESCRIPTION_SIZE])
{
  char disk_size[40] = "", modified[40] = "";

  if (d->disk_size_known)
    snprintf (disk_size, sizeof disk_size, " disk-size=%" PRIu64, d->disk_size);
  if (d->modified != 0)
    format_time (d->modified, modified, sizeof modified);
  return (size_t) snprintf (text, IMAGE_DESCRIPTION_SIZE,
                            "%s%s%sformat=%s%s stored-size=%" PRIu64
                            "%s integrity=%s", *d->view ? "view=" : "", d->view,
                            *d->view ? " " : "", d->format, disk_size,
                            d->stored_size, modified, proofs[d->proof]);
}

/* -- Reading --------------------------------------------------------------- */

/* VALUE, if it is a short word in lower case. */
static bool
take_word (const char *value, char word[16])
{
  size_t len = value ? strlen (value) : 0;

  if (len == 0 || len >= 16
      || strspn (value, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
    return false;
  memcpy (word, value, len + 1);
  return true;
}

/* The N digits at *P as a number from MIN to MAX, and after them the byte AFTER:
 * -1, or *P behind that byte. */
static int
take_digits (const char **p, unsigned n, int min, int max, char after)
{
  int number = 0;

  for (; n > 0; n--, ++*p) {
    if (**p < '0' || **p > '9')
      return -1;
    number = number * 10 + (**p - '0');
  }
  if (**p != after || number < min || number > max)
    return -1;
  ++*p;
  return number;
}

static int64_t
parse_time (const char *value)
{
  const int year = take_digits (&value, 4, 1000, 9999, '-');
  const int month = year == -1 ? -1 : take_digits (&value, 2, 1, 12, '-');
  const int day = month == -1 ? -1 : take_digits (&value, 2, 1, 31, 'T');
  const int hour = day == -1 ? -1 : take_digits (&value, 2, 0, 23, ':');
  const int minute = hour == -1 ? -1 : take_digits (&value, 2, 0, 59, ':');
  const int second = minute == -1 ? -1 : take_digits (&value, 2, 0, 59, 'Z');

  if (second == -1 || *value != '\0')
    return 0;
  struct tm tm = {
    .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day,
    .tm_hour = hour, .tm_min = minute, .tm_sec = second
  };
  return (int64_t) timegm (&tm);
}

static enum image_proof
parse_proof (const char *value)
{
  for (size_t i = 0; value && i < sizeof proofs / sizeof *proofs; i++)
    if (strcmp (value, proofs[i]) == 0)
      return (enum image_proof) i;
  return IMAGE_UNPROVEN;
}

bool
image_description_parse (const char *text, struct image_description *d)
{
  char line[sizeof RECORD_START + IMAGE_DESCRIPTION_SIZE];
  struct status_record record;

  memset (d, 0, sizeof *d);
  if (strlen (text) >= IMAGE_DESCRIPTION_SIZE)
    return false;
  snprintf (line, sizeof line, "%s%s", RECORD_START, text);
  if (!status_parse (line, &record)
      || !take_word (status_get (&record, "format"), d->format)
      || !status_get_number (&record, "stored-size", &d->stored_size))
    return false;
  take_word (status_get (&record, "view"), d->view);
  d->disk_size_known = status_get_number (&record, "disk-size", &d->disk_size);
  const char *modified = status_get (&record, "modified");
  if (modified)
    d->modified = parse_time (modified);
  d->proof = parse_proof (status_get (&record, "integrity"));
  return true;
}
