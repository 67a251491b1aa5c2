/* SPDX-License-Identifier: MIT */
/* A known_hosts file.  A key is never taken for known that does not stand in it, and
 * where it does stand, only its revocation counts more. */

#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz-support.h"
#include "known-hosts.h"

/* The bytes 1 to 32 as a public key. */
#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"
#define NUMBER_AT 28            /* before it are lengths and the type, written twice */
#define LINE "board.lan ssh-ed25519 " KEY "\n"

static enum known_host
look_up (const void *text, size_t len)
{
  char path[64], place[128];
  struct ssh_config config = { .host = (char *) "board.lan", .port = 22,
                               .known_hosts = { path } };
  const int fd = fuzz_memory_file (text, len);
  enum known_host result;
  ssh_key key = NULL;
  char *algorithms;

  FUZZ_CHECK (fd >= 0);
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  FUZZ_CHECK (ssh_pki_import_pubkey_base64 (KEY, SSH_KEYTYPE_ED25519, &key) == SSH_OK);
  result = known_hosts_check (&config, key, place, sizeof place);
  FUZZ_CHECK (result != KNOWN_HOST_ERROR);
  FUZZ_CHECK (*place || result == KNOWN_HOST_NEW || result == KNOWN_HOST_BY_AUTHORITY);
  algorithms = known_hosts_algorithms (&config);
  FUZZ_CHECK (algorithms && strstr (algorithms, "ssh-ed25519"));
  free (algorithms);
  ssh_key_free (key);
  close (fd);
  return result;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char *text = malloc (sizeof LINE + size);
  const char *given;
  enum known_host result;

  FUZZ_CHECK (text);
  memcpy (text, LINE, sizeof LINE);
  if (size > 0)
    memcpy (text + sizeof LINE - 1, data, size);
  given = text + sizeof LINE - 1;
  result = look_up (given, size);
  FUZZ_CHECK ((result != KNOWN_HOST_SAME && result != KNOWN_HOST_REVOKED)
              || memmem (given, size, &KEY[NUMBER_AT], sizeof KEY - 1 - NUMBER_AT));
  result = look_up (text, sizeof LINE - 1 + size);
  FUZZ_CHECK (result == KNOWN_HOST_SAME || result == KNOWN_HOST_REVOKED);
  FUZZ_CHECK (result == KNOWN_HOST_SAME || memmem (given, size, "@revoked", 8));
  free (text);
  return 0;
}
