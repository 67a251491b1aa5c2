/* SPDX-License-Identifier: MIT */
/* Why an NBD server gives nothing, said so that a person knows what to do. */

#ifndef FLASH_REMOTE_TROUBLE_H
#define FLASH_REMOTE_TROUBLE_H

#include <stdbool.h>

#include "image-location.h"

struct remote_trouble
{
  const struct image_location *location;
  bool connected;               /* it had answered, and TLS was agreed on */
  bool silent;                  /* the server says nothing */
  int error;                    /* libnbd's errno, 0: none */
};

/* TEXT: libnbd's words. */
void remote_trouble_report (const struct remote_trouble *trouble, const char *text);

/* The server refuses everything on an unencrypted connection. */
void remote_trouble_report_unencrypted (const struct image_location *location);

#endif
