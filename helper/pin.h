/* SPDX-License-Identifier: MIT */
/* Keeps in memory what must run although its files are being overwritten. */

#ifndef FLASH_HELPER_PIN_H
#define FLASH_HELPER_PIN_H

/* Keep this process's memory, now and later, as soon as it is touched: unlike
 * MCL_FUTURE alone that takes no memory for stacks which nobody fills.  Best
 * effort: -1 with errno, nothing reported. */
int pin_own_memory (void);

#define PIN_KEEPER_NAME "flash-pins"    /* of the process that stays behind */

/* `flash-helper pin' maps and locks the files that PID 1, the daemons of the
 * network, the message bus and the owner of the watchdog run from, in a process
 * that stays behind (RAM_ROOT/pins: "PID START_TIME"); `flash-helper unpin' ends
 * it: see commands.h. */

#endif
