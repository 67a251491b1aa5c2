/* SPDX-License-Identifier: MIT */
/* What an image server says of an image in its exports `integrity` and
 * `digests` (docs/protocol.md, section 1).  What is parsed is untrusted. */

#ifndef FLASHIMAGE_INTEGRITY_RECORD_H
#define FLASHIMAGE_INTEGRITY_RECORD_H

#include <stdint.h>

#define INTEGRITY_SIZE 4096     /* docs/protocol.md, section 1 */

enum integrity_state { INTEGRITY_SCANNING, INTEGRITY_INTACT, INTEGRITY_DAMAGED };

struct integrity
{
  enum integrity_state state;
  char format[16];
  char check[16];
  char digest[33];
  uint64_t stored_size, disk_size;      /* bytes; disk_size 0: not known yet */
  uint64_t done, total;
  char notes[1024];                     /* lines */
  char error[1024];
};

/* TEXT of INTEGRITY_SIZE bytes.  0; -1: it is no integrity record. */
int integrity_parse (const char text[INTEGRITY_SIZE], struct integrity *i);

#define DIGESTS_HEADER_SIZE 4096        /* bytes in front of the table */

/* The header of the digests of a disk view of DISK_SIZE bytes. */
void digests_header_make (uint64_t disk_size, char text[DIGESTS_HEADER_SIZE]);
/* Whether TEXT is one: 0 or -1. */
int digests_header_check (const char text[DIGESTS_HEADER_SIZE],
                          uint64_t disk_size);

#endif
