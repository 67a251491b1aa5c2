/* SPDX-License-Identifier: MIT */
/* The file RAM_ROOT/received: how many bytes of the image have come through
 * tunnels, whatever became of them.  Counted in shared memory, so that a process
 * that is killed has lost nothing of it. */

#ifndef FLASH_HELPER_RECEIVED_H
#define FLASH_HELPER_RECEIVED_H

#include <stdint.h>

enum received_kind
{
  RECEIVED_DISK, RECEIVED_STORED, RECEIVED_KINDS
};

/* The counter of KIND, for the rest of the process's life; one process at a time
 * adds to it.  NULL after report_error(). */
uint64_t *received_counter (enum received_kind kind);

#endif
