/* SPDX-License-Identifier: MIT */
/* The subcommands of flash-helper.  Each gets its own name as argv[0] and the
 * arguments behind the options (-r DIR is taken off by main), and returns the
 * exit status: 0 done, 1 failed and already reported. */

#ifndef FLASH_HELPER_COMMANDS_H
#define FLASH_HELPER_COMMANDS_H

/* The RAM root as this process sees it, without a slash at the end: from -r DIR;
 * else "" for a child of the session process, whose root it is; else
 * FLASH_RAM_ROOT (status-record.h).  Paths are ram_root + "/socket" and so on. */
extern const char *ram_root;

/* Session side. */
int session_command (int argc, char **argv);        /* session start */
int loader_command (int argc, char **argv);
int find_sshd_command (int argc, char **argv);
int lifeboat_command (int argc, char **argv);       /* -hold, -release */
int attach_command (int argc, char **argv);
int request_command (int argc, char **argv);        /* go, abort, status */
int say_command (int argc, char **argv);
int wait_for_go_command (int argc, char **argv);    /* exit 1: aborted */
int wait_until_heard_command (int argc, char **argv);
int on_old_root_command (int argc, char **argv);
int read_write_command (int argc, char **argv);
int wait_read_only_command (int argc, char **argv);
int swap_command (int argc, char **argv);
int arrays_command (int argc, char **argv);
int wait_quiet_command (int argc, char **argv);
int keep_addresses_command (int argc, char **argv);

/* Data side.  They read FLASH_* from the environment and say their own phases:
 * stage `stage`, rehearse `rehearse`, write `copy` and `read-back`. */
int stage_command (int argc, char **argv);
int rehearse_command (int argc, char **argv);
int write_command (int argc, char **argv);  /* exit 2: nothing written */
int freeze_command (int argc, char **argv);  /* RAM_ROOT/frozen */
int thaw_command (int argc, char **argv);
int pin_command (int argc, char **argv);     /* RAM_ROOT/pins */
int unpin_command (int argc, char **argv);
int settle_command (int argc, char **argv);
int survey_command (int argc, char **argv);

#endif
