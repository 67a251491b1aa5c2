/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <string.h>

#include "cleanup.h"
#include "remote-holes.h"

void
remote_holes_init (struct remote_holes *holes)
{
  memset (holes, 0, sizeof *holes);
  pthread_mutex_init (&holes->lock, NULL);
}

void
remote_holes_destroy (struct remote_holes *holes)
{
  pthread_mutex_destroy (&holes->lock);
}

void
holes_answer_begin (struct holes_answer *answer, uint64_t offset)
{
  memset (answer, 0, sizeof *answer);
  answer->offset = answer->end = offset;
  answer->nr = 1;               /* of data, empty */
  answer->ends[0] = offset;
}

/* Runs of zeroes have odd numbers.  What there is no room for is left out:
 * it will be asked for again. */
void
holes_answer_add (struct holes_answer *answer, uint64_t length, bool zero)
{
  const bool last_is_zero = (answer->nr - 1) % 2 == 1;

  if (length == 0 || answer->full)
    return;
  answer->full = length > UINT64_MAX / 2 - answer->end
                 || (zero != last_is_zero && answer->nr == REMOTE_HOLES_RUNS);
  if (answer->full)
    return;
  answer->nr += zero != last_is_zero;
  answer->end += length;
  answer->ends[answer->nr - 1] = answer->end;
}

void
remote_holes_put (struct remote_holes *holes, const struct holes_answer *answer)
{
  struct holes_answer *oldest = &holes->answers[0];

  LOCK_SCOPE (&holes->lock);
  for (int i = 1; i < REMOTE_HOLES_ANSWERS; i++)
    if (holes->answers[i].stamp < oldest->stamp)
      oldest = &holes->answers[i];
  *oldest = *answer;
  oldest->stamp = ++holes->clock;
}

/* The number of the run at OFFSET, which lies in ANSWER. */
static unsigned
find_run (const struct holes_answer *answer, uint64_t offset)
{
  unsigned low = 0, high = answer->nr - 1;

  while (low < high) {
    const unsigned middle = (low + high) / 2;

    if (answer->ends[middle] <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool
remote_holes_find (struct remote_holes *holes, uint64_t offset, uint64_t limit,
                   bool *zero, uint64_t *end)
{
  LOCK_SCOPE (&holes->lock);
  for (int i = 0; i < REMOTE_HOLES_ANSWERS; i++) {
    struct holes_answer *answer = &holes->answers[i];

    if (offset < answer->offset || offset >= answer->end)
      continue;
    const unsigned run = find_run (answer, offset);
    *zero = run % 2 == 1;
    *end = answer->ends[run] < limit ? answer->ends[run] : limit;
    answer->stamp = ++holes->clock;
    return true;
  }
  return false;
}
