/* SPDX-License-Identifier: MIT */
/* Stops every process of the old system that could still touch the old root, from
 * before the first write until the reboot.  Spared are PID 1, kernel threads, the
 * session with all its descendants (the lifeboat is among them), the owner of
 * the watchdog, and, for freeze_others, what keeps the network up.  Only ever
 * used when the target is the root disk.
 *
 * What was stopped is set down in RAM_ROOT/frozen, a line "PID START_TIME" each
 * and before it is stopped, so that any later process can thaw it, whatever
 * became of this one.  Not thread safe, and for one process at a time. */

#ifndef FLASH_HELPER_FREEZE_H
#define FLASH_HELPER_FREEZE_H

/* SIGSTOP the others, in rounds until no new one appears.  Returns how many were
 * stopped by this call, or -1 after report_error() (what was stopped stays so).
 * May be called again while frozen: then it stops what was started in between. */
int freeze_others (void);

/* The same with the network too: for the moment before the reboot, when the
 * client has been told. */
int freeze_network (void);

/* SIGCONT to what freeze_network stopped and freeze_others would not have. */
void thaw_network (void);

/* SIGCONT exactly what these stopped and what still is the same process.  A
 * process that was stopped by somebody else stays stopped.  -1: reported. */
int thaw_others (void);

#endif
