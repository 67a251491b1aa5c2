/* SPDX-License-Identifier: MIT */
/* The way to the board through another program: ProxyCommand and ProxyJump. */

#ifndef FLASH_PROXY_H
#define FLASH_PROXY_H

#include <sys/types.h>

/* The command for HOPS, a value of ProxyJump: the system's ssh, which goes by its own
 * configuration for each of them (CONFIG_FILE, or the usual ones for NULL) and checks
 * their host keys.  The caller must free it; NULL: no memory. */
char *proxy_jump_command (const char *hops, const char *config_file);

/* Start COMMAND, a shell's.  A socket that is its stdin and stdout, and its PID for
 * child_process_end; -1 after a report. */
int proxy_start (const char *command, pid_t *pid);

#endif
