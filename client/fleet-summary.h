/* SPDX-License-Identifier: MIT */
/* How a fleet's flash has ended. */

#ifndef FLASH_FLEET_SUMMARY_H
#define FLASH_FLEET_SUMMARY_H

#include "fleet-board.h"

/* The table, board by board, and what to do now; as a record: the counts. */
void fleet_summary_show (const struct fleet_board boards[], size_t nr,
                         const struct options *options);

/* What the program tells a script.  Whatever needs care first: a disk that is
 * partly written, then one that waits. */
enum exit_status fleet_summary_status (const struct fleet_board boards[], size_t nr,
                                       const struct options *options);

#endif
