/* SPDX-License-Identifier: MIT */
/* Stops every process of the old system that could still touch the old root.
 * Spared are PID 1, kernel threads, the session with all its descendants, the
 * owner of the watchdog, and, for freeze_others, the way in (the attached channel
 * with its ancestors; not the listening sshd) and what keeps the network up.
 * Only ever used when the target is the root disk. */

#ifndef FLASH_HELPER_FREEZE_H
#define FLASH_HELPER_FREEZE_H

/* SIGSTOP the others, in rounds until no new one appears.  Returns how many were
 * stopped by this call, or -1 after report_error().  May be called again while
 * frozen: then it stops what was started in between.  Not thread safe. */
int freeze_others (void);

/* The same for the way in and the network too: for the moment before the reboot,
 * when the client has been told. */
int freeze_connections (void);

/* SIGCONT exactly what these two stopped and what still is the same
 * process.  A process that was stopped by somebody else stays stopped. */
void thaw_others (void);

#endif
