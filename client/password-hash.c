/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crypt.h>

#include "password-hash.h"
#include "report.h"

/* A login takes a tenth of a second on a Raspberry Pi 4, and two seconds on the first
 * of them. */
#define ROUNDS 50000

char *
password_hash_new (const char *password)
{
  struct crypt_data *data = calloc (1, sizeof *data);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  char *hash = NULL;

  /* The salt comes from the kernel. */
  if (data && crypt_gensalt_rn ("$6$", ROUNDS, NULL, 0, setting, sizeof setting)) {
    const char *result = crypt_rn (password, setting, data, sizeof *data);

    hash = result ? strdup (result) : NULL;
  }
  if (!hash)
    report_error (ERROR_SYSTEM_FAILED,
                  "the password cannot be hashed: %s", strerror (errno));
  if (data)
    explicit_bzero (data, sizeof *data);
  free (data);
  return hash;
}
