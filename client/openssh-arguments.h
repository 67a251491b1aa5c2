/* SPDX-License-Identifier: MIT */
/* The command lines of the system's ssh. */

#ifndef FLASH_OPENSSH_ARGUMENTS_H
#define FLASH_OPENSSH_ARGUMENTS_H

#include "argument-list.h"
#include "ssh-config.h"

/* In the private folder of a connection. */
#define OPENSSH_SOCKET "ssh"    /* the master listens on it once it is logged in */
#define OPENSSH_LOG "log"       /* what the master says about the login */

/* All: to be freed with argument_list_free; NULL after a report. */

/* The ssh that logs in, by the person's own configuration or, for a lifeboat, by
 * CONFIG alone, and carries the others. */
struct argument_list *openssh_arguments_master (const struct ssh_config *config,
                                                const char *folder);
/* One that runs COMMAND over it, and goes no other way. */
struct argument_list *openssh_arguments_command (const char *folder,
                                                 const char *command);
/* One that tells the settings for the host of OPTIONS; NULL: its defaults. */
struct argument_list *openssh_arguments_settings (const struct options *options);

#endif
