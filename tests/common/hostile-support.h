/* SPDX-License-Identifier: MIT */
/* What the tests with hostile images share: files put together by hand, and runs
 * in a process of their own whose memory and time are watched. */

#ifndef HOSTILE_SUPPORT_H
#define HOSTILE_SUPPORT_H

#include "image-scan.h"
#include "image-support.h"

#define MEBIBYTE (UINT64_C (1) << 20)

/* A way to store a content whose every byte is under a checksum. */
struct hostile_format
{
  const char *name;
  enum image_format format;
  size_t magic;         /* so many bytes tell the format; without them: raw */
  bool whole;           /* readers get nothing that is not verified */
  void (*make) (struct bytes *file, const struct bytes *content);
};
extern const struct hostile_format hostile_formats[];
extern const size_t nr_hostile_formats;

/* Open and scan: 0, or -1 with the cause in REASON, which then is not empty. */
int open_and_scan (const struct bytes *file, const struct image_options *options,
                   struct image **im, char reason[1024]);

/* Append an xz Stream of NR Blocks that all hold CONTENT (no Check, so that these
 * are small), or its Index alone with SIZE claimed for each Block. */
void add_xz_blocks (struct bytes *file, const struct bytes *content, uint64_t nr);
void add_xz_claims (struct bytes *file, uint64_t nr, uint64_t size);

/* Append a gzip member of SIZE zeroes (a multiple of 1 MiB), quickly. */
void add_gzip_zeroes (struct bytes *file, uint64_t size);

/* Append PART so many times. */
void add_repeated (struct bytes *file, const struct bytes *part, size_t times);

/* In the function that run_watched runs: end the process with a message. */
#define CHILD_CHECK(condition)                                              \
  do                                                                        \
    if (!(condition))                                                       \
      child_failed (__LINE__, #condition);                                  \
  while (0)
void child_failed (int line, const char *condition)
  __attribute__ ((__noreturn__));

/* Run FN in a child; the test fails when the child does, when it takes more than
 * SECONDS, or when its peak RSS is more than RSS_MAX above what it began with.
 * Sanitizers need memory and time for themselves: then there is no RSS_MAX, and
 * much more time.  Prints what it took. */
void run_watched (const char *what, void (*fn) (const struct bytes *),
                  const struct bytes *file, uint64_t rss_max, unsigned seconds);

#endif
