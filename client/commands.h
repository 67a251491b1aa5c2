/* SPDX-License-Identifier: MIT */
/* What flash-live-remote can be told to do.  Each reports everything that there is
 * to say and returns the exit status. */

#ifndef FLASH_COMMANDS_H
#define FLASH_COMMANDS_H

#include "exit-status.h"
#include "options.h"

enum exit_status flash_command (const struct options *options);
enum exit_status status_command (const struct options *options);
enum exit_status abandon_command (const struct options *options);
enum exit_status images_command (const struct options *options);
enum exit_status verify_command (const struct options *options);

#endif
