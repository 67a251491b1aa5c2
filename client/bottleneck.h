/* SPDX-License-Identifier: MIT */
/* What holds a copy up, told from who waits for whom: the board says how long its
 * writer had nothing to write and its reader had no room (docs/protocol.md, section
 * 3), the tunnel how long it waited for the image server and for the board. */

#ifndef FLASH_BOTTLENECK_H
#define FLASH_BOTTLENECK_H

#include <stdbool.h>
#include <stdint.h>

enum bottleneck
{
  BOTTLENECK_UNKNOWN,
  BOTTLENECK_IMAGE,             /* reading and decoding the image */
  BOTTLENECK_NETWORK,           /* the way to the board */
  BOTTLENECK_DISK               /* the board's disk */
};

/* "image", "network", "disk", or "": for records. */
const char *bottleneck_name (enum bottleneck bottleneck);
enum bottleneck bottleneck_of_name (const char *name);
/* "decoding", "network", "board's disk", or "": for people. */
const char *bottleneck_text (enum bottleneck bottleneck);

/* Sums that fade: what was long ago says nothing about now.  All zero to begin. */
struct bottleneck_meter
{
  double image, network;        /* seconds that the tunnel waited for each */
  double source, disk;          /* milliseconds that the board did */
  uint64_t source_before, disk_before;  /* what the board said last */
  bool has_before;
  enum bottleneck last;
};

/* The tunnel has waited SECONDS for WHOM: the image server or the network. */
void bottleneck_add_wait (struct bottleneck_meter *m, enum bottleneck whom,
                          double seconds);

/* The board's writer has waited SOURCE ms for data since it began, its reader DISK ms
 * for room. */
void bottleneck_add_board (struct bottleneck_meter *m, uint64_t source,
                           uint64_t disk);
/* Another phase, or another connection: what was before does not count. */
void bottleneck_reset (struct bottleneck_meter *m);

/* What it is now.  TUNNELLED: the image comes through the tunnel; else the board has
 * it and decodes by itself.  Without figures of the board its disk is not blamed. */
enum bottleneck bottleneck_judge (struct bottleneck_meter *m, bool tunnelled);

#endif
