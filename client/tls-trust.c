/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "messages.h"
#include "report.h"
#include "tls-trust.h"

#define AUTHORITY "ca-cert.pem"

/* 0, or -1 with errno. */
static int
has_authority (const char *folder)
{
  CLEANUP_FREE char *path = NULL;

  if (asprintf (&path, "%s/" AUTHORITY, folder) == -1) {
    path = NULL;
    return -1;
  }
  return access (path, R_OK);
}

/* The first of the usual folders that has an authority. */
static char *
usual_folder (void)
{
  static const char *const below_home[] = { ".pki/libnbd", ".config/pki/libnbd" };
  const char *home = getenv ("HOME");

  for (size_t i = 0; home && *home == '/' && i < 2; i++) {
    char *folder;

    if (asprintf (&folder, "%s/%s", home, below_home[i]) == -1)
      return NULL;
    if (has_authority (folder) == 0)
      return folder;
    free (folder);
  }
  return has_authority ("/etc/pki/libnbd") == 0 ? strdup ("/etc/pki/libnbd") : NULL;
}

/* libnbd checks a certificate against the name that it has connected to. */
static void
warn_of_socket (const struct image_location *l)
{
  if (l->socket && !l->psk_file)
    message_warning ("over a unix socket the name in the server's certificate is not "
                     "checked: whoever made %s may be somebody else", l->server);
}

int
tls_trust_find (struct image_location *l)
{
  if (l->kind != IMAGE_NBD || !l->tls)
    return 0;
  warn_of_socket (l);
  if (l->psk_file && access (l->psk_file, R_OK) == -1) {
    report_error (ERROR_TLS_FILES, "%s, the file of tls-psk-file=: %s", l->psk_file,
                  strerror (errno));
    return -1;
  }
  if (l->psk_file)
    return 0;
  if (l->certificates && has_authority (l->certificates) == -1) {
    report_error (ERROR_TLS_FILES,
                  "%s/" AUTHORITY ": %s.  The folder of tls-certificates= needs the "
                  "certificate of the authority that has signed the server's.",
                  l->certificates, strerror (errno));
    return -1;
  }
  if (!l->certificates && !(l->certificates = usual_folder ())) {
    report_error (ERROR_TLS_FILES,
                  "there is nothing to know %s by: give ?tls-certificates=FOLDER with "
                  "the " AUTHORITY " of whoever runs it (~/.pki/libnbd is looked into, "
                  "too), or USER@ and ?tls-psk-file=FILE", l->server);
    return -1;
  }
  return 0;
}
