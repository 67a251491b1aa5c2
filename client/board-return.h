/* SPDX-License-Identifier: MIT */
/* --wait: a board that reboots into its new system is found again. */

#ifndef FLASH_BOARD_RETURN_H
#define FLASH_BOARD_RETURN_H

#include "exit-status.h"
#include "flash-job.h"

/* Before anything is written: whether what --wait and its companions ask for makes
 * sense, and by what the board is known again.  JOB has just been connected and
 * probed.  0, or -1 after a report. */
int board_return_prepare (struct flash_job *job);

/* The disk of JOB is written, and the board reboots.  Find it again by its name or by
 * its MAC address, log in, see that it is another boot from the disk that was
 * written, and run the command of --run.  What became of it is said.  STATUS_DONE,
 * STATUS_NOT_BACK, or STATUS_COMMAND_FAILED with COMMAND_STATUS.  JOB's connection
 * is closed. */
enum exit_status board_return_await (struct flash_job *job, int *command_status);

enum same_disk { DISK_SAME, DISK_OTHER, DISK_UNKNOWN };
/* Whether the board that AFTER tells of runs from the disk that BEFORE does.  A disk
 * may be called something else by another kernel; its serial number stays. */
enum same_disk board_return_compare (const struct target_probe *before,
                                     const struct target_probe *after);

#endif
