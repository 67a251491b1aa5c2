/* SPDX-License-Identifier: MIT */
/* What flash-live-remote can be told to do.  Each reports everything that there is
 * to say and returns the exit status. */

#ifndef FLASH_COMMANDS_H
#define FLASH_COMMANDS_H

#include "exit-status.h"
#include "options.h"

struct fleet_member;            /* fleet-member.h */

/* MEMBER: this board is one of several; NULL: it is the only one.  COMMAND_STATUS is
 * that of the command of --run, with STATUS_COMMAND_FAILED. */
enum exit_status flash_command (const struct options *options,
                                struct fleet_member *member, int *command_status);
/* Several boards at once. */
enum exit_status fleet_command (const struct options *options);
enum exit_status status_command (const struct options *options);
enum exit_status abandon_command (const struct options *options);
enum exit_status images_command (const struct options *options);
enum exit_status verify_command (const struct options *options);
enum exit_status print_config_command (const struct options *options);

#endif
