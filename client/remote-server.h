/* SPDX-License-Identifier: MIT */
/* An NBD server as the client itself looks at it, by libnbd and without opening an
 * image: what there is, and why it cannot be had.  (The bytes of an image go through
 * nbdkit, see image-server.h.)
 *
 * Whatever the server says is untrusted and made printable.  A server that says
 * nothing is given up after half a minute.  One thread. */

#ifndef FLASH_REMOTE_SERVER_H
#define FLASH_REMOTE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image-location.h"

#define REMOTE_EXPORTS_MAX 10000
#define REMOTE_LIST_BYTES (16 << 20)    /* of names and descriptions */

struct remote_server;

/* Connect to the server of LOCATION, which must outlive it.  NULL after a report of
 * what is wrong and what to do. */
struct remote_server *remote_server_open (const struct image_location *location);
void remote_server_close (struct remote_server *s);     /* NULL is allowed */

/* What became of a question. */
enum remote_answer
{
  REMOTE_OK,
  REMOTE_NO,                    /* there is no such export, or no list */
  REMOTE_FAILED                 /* and reported */
};

/* The size of EXPORT in bytes, and its description (the caller must free it; "" if
 * there is none). */
enum remote_answer remote_server_info (struct remote_server *s, const char *export,
                                       uint64_t *size, char **description);

struct remote_export
{
  char *name;                   /* as the server knows it: clean it before printing */
  char *description;            /* printable */
};

struct remote_list
{
  struct remote_export *exports;
  size_t nr, bytes;
  bool cut;                     /* there are more than are kept */
};

/* LIST must be released, whatever comes. */
enum remote_answer remote_server_list (struct remote_server *s,
                                       struct remote_list *list);
void remote_list_release (struct remote_list *list);

#endif
