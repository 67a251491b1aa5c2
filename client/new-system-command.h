/* SPDX-License-Identifier: MIT */
/* --run: a command on the new system. */

#ifndef FLASH_NEW_SYSTEM_COMMAND_H
#define FLASH_NEW_SYSTEM_COMMAND_H

#include "board-connection.h"
#include "exit-status.h"

/* The exit status of a command that has none: it was killed, the connection broke, or
 * somebody has interrupted it.  As ssh has it. */
#define NEW_SYSTEM_COMMAND_LOST 255

/* Run COMMAND with nothing on its stdin.  Its output is passed through byte by byte;
 * where records are written it becomes records, a line each.  STATUS_DONE, or
 * STATUS_COMMAND_FAILED with EXIT_STATUS, which is never 0; that is said. */
enum exit_status new_system_command_run (struct board_connection *c,
                                         const char *command, int *exit_status);

#endif
