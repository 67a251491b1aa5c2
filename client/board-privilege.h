/* SPDX-License-Identifier: MIT */
/* How commands become root's on the board: by the login itself, by sudo or doas
 * without a password, or by sudo with one.  That one is asked for once on the
 * terminal, kept in locked memory until the program ends, and sent as the first
 * line of each such command's stdin: it is in no argument, file or log. */

#ifndef FLASH_BOARD_PRIVILEGE_H
#define FLASH_BOARD_PRIVILEGE_H

#include "flash-job.h"
#include "ssh-exec.h"

/* After the probe: whether root's commands can be run, by a password that is
 * asked for if need be, and proven.  0, or -1 after a report that says how to
 * allow it. */
int board_privilege_obtain (struct flash_job *job);

/* The same for a board that was not probed, since this program came by its
 * lifeboat, and is now at its ordinary login: it is probed if need be.  Where there
 * is no flash nothing is obtained. */
int board_privilege_catch_up (struct flash_job *job);

/* What stands before a command of root's: "" or, with its blank, "sudo -n " and
 * the like. */
const char *board_privilege_prefix (const struct flash_job *job);

/* What goes in front of the stdin of a command with that prefix, maybe nothing.
 * It lives as long as JOB. */
const struct exec_input *board_privilege_input (const struct flash_job *job);

/* Forget the password. */
void board_privilege_release (struct flash_job *job);

#endif
