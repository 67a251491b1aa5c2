/* SPDX-License-Identifier: MIT */
/* A password as /etc/shadow keeps it, by crypt(3).
 *
 * It is sha512crypt ($6$): every C library that a board may have (glibc's libxcrypt of
 * any age, musl, uClibc) and busybox understand it, and an image cannot be asked.  A
 * hash of a newer kind (yescrypt) would lock the person out where it is not known; more
 * rounds than usual make up for some of it. */

#ifndef FLASH_PASSWORD_HASH_H
#define FLASH_PASSWORD_HASH_H

/* The hash of PASSWORD, with a salt of its own; the caller must free it.  NULL after a
 * report. */
char *password_hash_new (const char *password);

#endif
