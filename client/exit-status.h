/* SPDX-License-Identifier: MIT */
/* What the exit status tells a script (flash-live-remote(1), EXIT STATUS).
 * 1 is never used: it is what a shell or a wrapper reports for itself. */

#ifndef FLASH_EXIT_STATUS_H
#define FLASH_EXIT_STATUS_H

enum exit_status
{
  STATUS_DONE = 0,              /* the disk holds the image, verified */
  STATUS_USAGE = 2,             /* the command line makes no sense */
  STATUS_NOT_WRITTEN = 3,       /* refused or failed, nothing was written */
  STATUS_INTERRUPTED = 4,       /* the write goes on or waits: run it again */
  STATUS_PARTLY_WRITTEN = 5,    /* failed, the disk is partly written */
  STATUS_DIFFERS = 6,           /* compared: disk and image are not the same */
  STATUS_SOME_DONE = 7,         /* many boards: some are done, and to the others
                                 * nothing was written */
  STATUS_NOT_BACK = 8,          /* done, and the new system was not found */
  /* Done and back, and the command of --run has failed.  Only for many boards: with
   * one, the program ends with the status of the command. */
  STATUS_COMMAND_FAILED = 9
};

/* The word for it in records: "not_written". */
const char *exit_status_name (enum exit_status status);

#endif
