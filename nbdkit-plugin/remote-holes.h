/* SPDX-License-Identifier: MIT */
/* What a server has said lately about which bytes of an export are zero.
 * Thread safe, except init and destroy. */

#ifndef FLASHIMAGE_REMOTE_HOLES_H
#define FLASHIMAGE_REMOTE_HOLES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define REMOTE_HOLES_ASK (UINT64_C (128) << 20) /* bytes for one answer */
#define REMOTE_HOLES_ANSWERS 16
#define REMOTE_HOLES_RUNS 256

/* One answer: runs in turn of data and zeroes, the first one of data and maybe
 * empty. */
struct holes_answer
{
  uint64_t offset, end;         /* the same: none */
  uint64_t stamp;
  unsigned nr;
  bool full;                    /* what came later is not in it */
  uint64_t ends[REMOTE_HOLES_RUNS];     /* rising; the last one is END */
};

/* All zero at first, but for the lock. */
struct remote_holes
{
  pthread_mutex_t lock;         /* guards the rest */
  struct holes_answer answers[REMOTE_HOLES_ANSWERS];
  uint64_t clock;
};

void remote_holes_init (struct remote_holes *holes);
void remote_holes_destroy (struct remote_holes *holes);

/* Put an answer together: begin, then the extents in their order. */
void holes_answer_begin (struct holes_answer *answer, uint64_t offset);
void holes_answer_add (struct holes_answer *answer, uint64_t length, bool zero);
/* Instead of the one that was used least lately. */
void remote_holes_put (struct remote_holes *holes,
                       const struct holes_answer *answer);

/* What is at OFFSET: false when no answer is known.  *ZERO up to *END, LIMIT at
 * most. */
bool remote_holes_find (struct remote_holes *holes, uint64_t offset,
                        uint64_t limit, bool *zero, uint64_t *end);

#endif
