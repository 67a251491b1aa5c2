/* SPDX-License-Identifier: MIT */
/* Where an image is: what IMAGE on the command line means.
 *
 * Whatever begins with a scheme and "://" is a URI, even if a file of that name
 * exists: what a command means must not depend on the folder that it is given in.
 * "./nbd://x" is a file.  Everything else is a file, too. */

#ifndef FLASH_IMAGE_LOCATION_H
#define FLASH_IMAGE_LOCATION_H

#include <stdbool.h>

#define IMAGE_EXPORT_MAX 4096   /* bytes of an export's name (the NBD protocol) */
#define IMAGE_NAME_SIZE 256

enum image_kind { IMAGE_FILE, IMAGE_NBD, IMAGE_WEB };

/* Values are decoded: no percent escapes, no control characters. */
struct image_location
{
  enum image_kind kind;
  const char *given;            /* the caller's; a file's path, a web image's URL */
  char name[IMAGE_NAME_SIZE];   /* the last part of its path, printable */
  char *shown;                  /* printable, whole, without user and query */
  char *server;                 /* the part of SHOWN that is the server; files: NULL */
  /* IMAGE_NBD: */
  bool tls;
  char *user;                   /* NULL: none given */
  char *host, *port;            /* NULL: a unix socket */
  char *socket;                 /* NULL: TCP */
  char *export;                 /* may be "" */
  char *certificates;           /* a folder, or NULL */
  char *psk_file;               /* NULL: none */
};

/* Parse TEXT, which must outlive LOCATION.  0; -1 after a report: it cannot be
 * what the person meant, or is not supported.  Release it either way.  Nothing is
 * looked up: the file or the server may not exist. */
int image_location_parse (const char *text, struct image_location *location);
void image_location_release (struct image_location *location);

/* A copy of TEXT, somebody else's words, in which a URL of LOCATION stands without
 * what may be secret in it.  The caller must free it; NULL: no memory. */
char *image_location_hide (const struct image_location *location,
                           const char *text);

#endif
