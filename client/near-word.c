/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "near-word.h"

unsigned
word_distance (const char *a, const char *b)
{
  unsigned row[WORD_LENGTH_MAX + 1];
  size_t la = strlen (a), lb = strlen (b);

  if (la > WORD_LENGTH_MAX || lb > WORD_LENGTH_MAX)
    return WORD_LENGTH_MAX;
  for (size_t j = 0; j <= lb; j++)
    row[j] = (unsigned) j;
  for (size_t i = 1; i <= la; i++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned) i;
    for (size_t j = 1; j <= lb; j++) {
      unsigned best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best)
        best = row[j] + 1;
      if (row[j - 1] + 1 < best)
        best = row[j - 1] + 1;
      row[j] = best;
    }
  }
  return row[lb];
}

bool
word_is_near (const char *name, unsigned distance)
{
  return distance < 3 && distance < strlen (name) / 2;
}
