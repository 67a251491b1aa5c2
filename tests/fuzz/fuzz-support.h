/* SPDX-License-Identifier: MIT */
/* What the fuzz harnesses share.  A harness is a file with one function,
 * LLVMFuzzerTestOneInput (libFuzzer's documentation, "Fuzz Target"); the program
 * around it is libFuzzer's or standalone-main.c's.  See docs/fuzzing.md.
 *
 * The input of a harness ends in CONTROL_SIZE bytes that choose the options and the
 * offsets; what precedes them is the file. */

#ifndef FUZZ_SUPPORT_H
#define FUZZ_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define CONTROL_SIZE 8

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What the harness promises does not hold: say so and abort. */
#define FUZZ_CHECK(condition)                                               \
  do                                                                        \
    if (!(condition))                                                       \
      fuzz_broken (__FILE__, __LINE__, #condition);                         \
  while (0)
void fuzz_broken (const char *file, int line, const char *condition)
  __attribute__ ((__noreturn__));

/* A file of the input, which the harness may change to lead the decoder past a
 * magic number or a CRC, and the control bytes. */
struct fuzz_file
{
  uint8_t *data;        /* owned */
  size_t len;
  uint8_t control[CONTROL_SIZE];        /* zeroes if the input was too short */
};
void fuzz_file_init (struct fuzz_file *file, const uint8_t *data, size_t size);
void fuzz_file_free (struct fuzz_file *file);

/* Overwrite the beginning, as far as there is one. */
void fuzz_file_force (struct fuzz_file *file, const void *magic, size_t len);

/* A descriptor of an anonymous file with this content. */
int fuzz_memory_file (const void *data, size_t len);

/* Number of report_error calls so far. */
unsigned fuzz_reports (void);

/* Open FILE as an image and use all that image.h and image-scan.h offer, under a
 * small memory limit; abort when a promise of these is broken. */
void fuzz_image (const struct fuzz_file *file);

#endif
