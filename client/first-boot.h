/* SPDX-License-Identifier: MIT */
/* --config: what the new system shall be told at its first boot, from the file to the
 * changed bytes of the image. */

#ifndef FLASH_FIRST_BOOT_H
#define FLASH_FIRST_BOOT_H

#include "digest.h"
#include "first-boot-settings.h"
#include "image-facts.h"
#include "image-patch.h"
#include "options.h"

struct image_overlay;           /* image-overlay.h */

struct first_boot
{
  struct first_boot_settings settings;
  char *description;            /* owned; a line for the plan, without secrets */
  struct image_patch changes;   /* of the image; empty until first_boot_make */
};

/* Read the file PATH of --config ("-": standard input) and prove everything in it.  0,
 * or -1 after a report.  Release FB either way. */
int first_boot_read (struct first_boot *fb, const char *path);
void first_boot_release (struct first_boot *fb);

/* Whether the settings go with the other OPTIONS, and can be those of so many boards
 * (a name is that of one).  0, or -1 after a report. */
int first_boot_check_options (const struct first_boot *fb,
                              const struct options *options, size_t boards);

/* Find the place for the settings in the image that SERVER serves and FACTS describe,
 * and make FB->changes.  0, or -1 after a report: the image has no place for them. */
int first_boot_make (struct first_boot *fb, struct image_server *server,
                     const struct image_facts *facts);

/* Lay the changes into OVERLAY, of the same image.  0, or -1 after a report. */
int first_boot_lay (const struct first_boot *fb, struct image_overlay *overlay);

/* Add what was asked for to STATE, by which the same wish is known again: all but the
 * passwords, which a digest would help to guess. */
void first_boot_add_to_digest (const struct first_boot *fb,
                               struct digest_state *state);

#endif
