/* SPDX-License-Identifier: MIT */
/* What an image server must prove itself with.
 *
 * Where libnbd finds no ca-cert.pem it takes the system's authorities, and its
 * older versions then accept any certificate at all.  So an encrypted connection is
 * only made with a ca-cert.pem that is there, or with a pre-shared key. */

#ifndef FLASH_TLS_TRUST_H
#define FLASH_TLS_TRUST_H

#include "image-location.h"

/* Complete LOCATION: the folder of certificates where it names none, as libnbd would
 * look for it.  0, or -1 after a report: there is none, or what it names cannot be
 * read. */
int tls_trust_find (struct image_location *location);

#endif
