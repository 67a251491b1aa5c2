/* SPDX-License-Identifier: MIT */
/* The plan for several boards at once. */

#ifndef FLASH_FLEET_PLAN_H
#define FLASH_FLEET_PLAN_H

#include "fleet-board.h"

/* Whether the person can be asked, or has confirmed already: 0, or -1 after a
 * report; to be called before anything takes time. */
int fleet_plan_check_confirmation (const struct options *options);

/* Refuse each board that is another one by another name: its host key is the same,
 * and so is its boot, or where that is not known its disk's serial number. */
void fleet_plan_refuse_twins (struct fleet_board boards[], size_t nr);

/* Boards that are planned. */
size_t fleet_plan_count (const struct fleet_board boards[], size_t nr);

/* The table: what happens to whom. */
void fleet_plan_show (const struct fleet_shared *shared,
                      const struct options *options);

/* Whether ANSWER, as typed, is the number of boards. */
bool fleet_plan_is_confirmed (const char *answer, size_t nr);

#endif
