/* SPDX-License-Identifier: MIT */
/* What a flash has taken, at its end: times, bytes, trouble, verification. */

#ifndef FLASH_FLASH_SUMMARY_H
#define FLASH_FLASH_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

struct flash_summary
{
  uint64_t sent;                /* bytes that went to the board through tunnels */
  uint64_t again;               /* bytes of the image that had come before */
  uint64_t holes;               /* bytes that were zeroed, not sent */
  unsigned reconnects;          /* connections that were lost, and made again */
  unsigned restarts;            /* of the image server */
  uint64_t passes;              /* of reading back; 0: none has ended */
  uint64_t chunks;              /* that the last one has read */
  uint64_t differing, repaired; /* chunks, of all passes */
};

/* The records, and with TEXT the words. */
void flash_summary_say (const struct flash_summary *s, bool text);

#endif
