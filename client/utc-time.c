/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <time.h>

#include "utc-time.h"

#define DAY 86400

static bool
is_leap (unsigned year)
{
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_of_month (unsigned year, unsigned month)
{
  static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                                        31 };

  return days[month - 1] + (month == 2 && is_leap (year));
}

/* N as WIDTH digits and the character behind them; where the text goes on. */
static char *
add_digits (char *out, uint64_t n, int width, char behind)
{
  for (int i = width - 1; i >= 0; i--, n /= 10)
    out[i] = (char) ('0' + n % 10);
  out[width] = behind;
  return out + width + 1;
}

char *
utc_time_text (uint64_t seconds, unsigned ms, char text[UTC_TIME_MAX])
{
  uint64_t days = seconds / DAY, rest = seconds % DAY;
  unsigned year = 1970, month = 1;
  char *out;

  for (; days >= (is_leap (year) ? 366u : 365u); year++)
    days -= is_leap (year) ? 366 : 365;
  for (; days >= days_of_month (year, month); month++)
    days -= days_of_month (year, month);
  out = add_digits (text, year, 4, '-');
  out = add_digits (out, month, 2, '-');
  out = add_digits (out, days + 1, 2, 'T');
  out = add_digits (out, rest / 3600, 2, ':');
  out = add_digits (out, rest / 60 % 60, 2, ':');
  out = add_digits (out, rest % 60, 2, '.');
  out = add_digits (out, ms, 3, 'Z');
  *out = '\0';
  return text;
}

char *
utc_time_now (char text[UTC_TIME_MAX])
{
  struct timespec now = { .tv_sec = 0 };

  clock_gettime (CLOCK_REALTIME, &now);
  return utc_time_text (now.tv_sec > 0 ? (uint64_t) now.tv_sec : 0,
                        (unsigned) (now.tv_nsec / 1000000), text);
}
