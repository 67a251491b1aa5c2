/* SPDX-License-Identifier: MIT */
/* --keep: what makes the board reachable, read from the running board and laid into
 * the root file system of the new image. */

#ifndef FLASH_KEEP_H
#define FLASH_KEEP_H

#include <stdbool.h>

#include "image-overlay.h"
#include "options.h"

struct flash_job;

enum keep_item
{
  KEEP_SSH_HOST_KEYS, KEEP_HOSTNAME, KEEP_NETWORK, KEEP_AUTHORIZED_KEYS,
  KEEP_MACHINE_ID, KEEP_ITEMS
};

#define KEEP_LIST_MAX 80        /* bytes of all names, with commas and a NUL */

const char *keep_item_name (enum keep_item item);

/* TEXT, names with commas between them, as a set of bits 1 << item.  WHAT is whose value
 * it is, for messages.  0, or -1 after a report. */
int keep_parse (const char *what, const char *text, unsigned *items);

/* The names of ITEMS, always in the same order, with commas between them. */
void keep_list (unsigned items, char list[KEEP_LIST_MAX]);

/* Whether this program can do it at all, and with these options.  0, or -1 after a
 * report. */
int keep_check (const struct options *options);

/* Ask the board of JOB, look for the root file system in the image, and lay what is
 * to be kept into OVERLAY; JOB->patch gets a line for each file.  0; -1 after a
 * report: what is to be kept has no place there, or cannot be had. */
int keep_lay (struct flash_job *job, struct image_overlay *overlay);

#endif
