/* SPDX-License-Identifier: MIT */
/* What is served, an image (file=, uri=) or a folder of them (dir=), and the exports
 * that it has.  Thread safe, except new and free. */

#ifndef FLASHIMAGE_EXPORTS_H
#define FLASHIMAGE_EXPORTS_H

#include "companion-files.h"
#include "export-name.h"
#include "image-table.h"
#include "parameters.h"

struct exports;
struct nbdkit_exports;

/* P must outlive it.  An image is opened, a folder is looked for; no thread is
 * started yet.  NULL, reported. */
struct exports *exports_new (const struct parameters *p);
void exports_free (struct exports *exports);    /* NULL is allowed */

/* Every call under way, and every later one, fails soon. */
void exports_cancel (struct exports *exports);

/* For nbdkit's list_exports and default_export. */
int exports_list (struct exports *exports, struct nbdkit_exports *list);
const char *exports_default (const struct exports *exports);

/* What an export's name stands for. */
struct export_place
{
  enum view view;
  struct served_image *served;          /* to be put back */
  struct companion_files *files;        /* to be freed */
};

/* NAME is untrusted.  0, or -1, reported (ENOENT: there is none). */
int exports_find (struct exports *exports, const char *name,
                  struct export_place *place);
void exports_put (struct exports *exports, struct export_place *place);

struct image_table *exports_table (struct exports *exports);
/* Whether the image comes from a server. */
bool exports_is_remote (const struct exports *exports);
/* Whether scans are remembered: never those of an image from a server. */
bool exports_remember (const struct exports *exports);

#endif
