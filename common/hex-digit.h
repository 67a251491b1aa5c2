/* SPDX-License-Identifier: MIT */
/* The value of a hexadecimal digit. */

#ifndef FLASHIMAGE_HEX_DIGIT_H
#define FLASHIMAGE_HEX_DIGIT_H

/* -1: C is none. */
static inline int
hex_digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

#endif
