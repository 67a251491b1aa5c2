/* SPDX-License-Identifier: MIT */
/* What went wrong inside a decoder, on its way to whoever asked for the bytes.
 *
 * Decoding happens in threads that serve nobody in particular (decode-ahead),
 * and the full scan wants the cause of damage as a text instead of a report.  So
 * everything behind image.h hands its errors up in a struct fault, and the
 * public functions of image.h report it, once, in the thread that asked. */

#ifndef FLASHIMAGE_FAULT_H
#define FLASHIMAGE_FAULT_H

#include "error-catalogue.h"
#include "minus-one.h"

struct fault
{
  int errnum;           /* 0: no fault; EBADMSG: the image is damaged */
  char text[400];       /* offset and cause, without the image's name */
};

/* Fill in FAULT.  Returns -1, for "return fault_set (...)". */
int fault_set (struct fault *fault, int errnum, const char *fmt, ...)
  __attribute__ ((__format__ (__printf__, 3, 4)));

/* The code by which it is reported. */
enum error_code fault_code (const struct fault *fault);

/* Out of memory, with what the memory was for. */
int fault_no_memory (struct fault *fault, const char *what);

#define fault_set(...) minus_one (fault_set (__VA_ARGS__))
#define fault_no_memory(...) minus_one (fault_no_memory (__VA_ARGS__))

#endif
