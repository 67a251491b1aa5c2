/* SPDX-License-Identifier: MIT */
/* What the session has said so far: its records, understood and shown. */

#ifndef FLASH_FLASH_STATUS_H
#define FLASH_FLASH_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bottleneck.h"
#include "disk-map.h"
#include "flash-summary.h"

#define STATUS_LINES_MAX 4096   /* records remembered, to know them again */

enum flash_result { RESULT_NONE, RESULT_DONE, RESULT_REBOOTING, RESULT_FAILED,
                    RESULT_ABORTED };

struct flash_status
{
  /* Set before the first record. */
  const char *session;          /* the one that we talk to */
  const char *target;           /* the disk's name, for messages */
  uint64_t stored_size;         /* what `staged` must say */
  const char *stored_digest;
  uint64_t image_size;          /* of its disk view */
  bool is_stream;               /* the copy comes through the tunnel */
  const char *phase;            /* where it is, of one that is joined; the phases
                                 * before are past.  NULL or "": not known */

  bool greeted;                 /* hello has come on this channel */
  bool foreign;                 /* it was another session or protocol */
  bool ready;
  bool staged, staged_differs;
  bool writing;                 /* the point of no return was passed */
  bool stopped;                 /* the write has failed; `go` tries again */
  bool copied;                  /* the copy has ended */
  bool rebooting;               /* the phase reboot has begun */
  bool verified;                /* the session holds the disk for good: a read-back
                                 * found nothing, or none was wanted */
  uint64_t done;                /* bytes, of the last progress */
  struct disk_map *map;         /* of --map, the owner's; NULL: none */
  struct bottleneck_meter waits;        /* the tunnel's are added by its owner */
  uint64_t chunks_read, chunks; /* of the last read-back, of the disk */
  long heard;                   /* seconds, CLOCK_MONOTONIC: the last record */
  struct flash_summary summary;
  enum flash_result result;
  char written[16];             /* what `end` or the last error said, or "" */

  /* Each attach repeats what was said before: hashes of the records so far, and
   * how many of them were repeated on this channel. */
  uint64_t seen[STATUS_LINES_MAX];
  size_t nr_seen, repeated;
};

/* A new channel was opened. */
void flash_status_new_channel (struct flash_status *s);

/* Take a line of the channel's stderr; LINE is changed.  What is no record is
 * shown as the board's words. */
void flash_status_take_line (struct flash_status *s, char *line);

#endif
