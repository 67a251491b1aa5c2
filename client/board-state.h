/* SPDX-License-Identifier: MIT */
/* How the disk of a board stands, as records tell it. */

#ifndef FLASH_BOARD_STATE_H
#define FLASH_BOARD_STATE_H

#include <stdbool.h>

enum written
{
  WRITTEN_NO,                   /* nothing was written */
  WRITTEN_UNKNOWN,              /* not by this command; by another one perhaps */
  WRITTEN_MAYBE,                /* it was told to write: it has begun, or has not */
  WRITTEN_PARTLY,
  WRITTEN_YES                   /* the whole image lies there */
};

const char *written_name (enum written written);

/* RESUMABLE: the same command goes on where it is.  DISK may be "". */
void board_state_record (enum written written, bool resumable, const char *disk);

#endif
