/* SPDX-License-Identifier: MIT */
/* The RAM root: a tmpfs that becomes the root of a private mount namespace. */

#ifndef FLASH_HELPER_RAM_ROOT_H
#define FLASH_HELPER_RAM_ROOT_H

/* Leave the old root: a private mount namespace whose root is DIR (a mount
 * point), with proc and sys in it and nothing of the old root mounted.  The
 * process must have one thread.  Returns a descriptor of the old mount namespace
 * (close-on-exec), or -1 after report_error(). */
int ram_root_enter (const char *dir);

/* Go back to the namespace OLD_NS, unmount DIR there and remove it: 0, or -1
 * with errno. */
int ram_root_leave (int old_ns, const char *dir);

/* Move this process to the root cgroup of every hierarchy, so that the end of a
 * login session or a service does not end it.  Best effort: nothing is
 * reported. */
void ram_root_leave_cgroups (void);

#endif
