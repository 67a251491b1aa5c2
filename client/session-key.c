/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <libssh/libssh.h>

#include "report.h"
#include "session-key.h"

int
session_key_check (const char *path)
{
  struct stat st;
  ssh_key key = NULL;
  int result;

  if (stat (path, &st) == -1) {
    report_error (ERROR_SESSION_KEY, "--session-key %s: %s", path, strerror (errno));
    return -1;
  }
  if (!S_ISREG (st.st_mode)) {
    report_error (ERROR_SESSION_KEY, "--session-key %s: not a file", path);
    return -1;
  }
  if (st.st_mode & (S_IRWXG | S_IRWXO)) {
    report_error (ERROR_SESSION_KEY,
                  "--session-key %s: others can read or change it.  Whoever has "
                  "this key can write the board's disk: chmod 600 %s", path, path);
    return -1;
  }
  /* A session's key has no passphrase. */
  result = ssh_pki_import_privkey_file (path, "", NULL, NULL, &key);
  ssh_key_free (key);
  if (result == SSH_OK)
    return 0;
  report_error (ERROR_SESSION_KEY,
                "--session-key %s: no private key of a flash (the file `key' of the "
                "session's folder on the machine that began it)", path);
  return -1;
}
