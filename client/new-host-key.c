/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "host-key.h"
#include "keep.h"
#include "known-hosts.h"
#include "messages.h"
#include "new-host-key.h"
#include "option-values.h"
#include "prompt.h"
#include "report.h"
#include "setting-merge.h"

/* -- What is expected ------------------------------------------------------- */

static char *
fingerprint_of_file (const char *path, const char *what)
{
  ssh_key key = NULL;
  char *shown = NULL, *copy = NULL;

  if (ssh_pki_import_pubkey_file (path, &key) != SSH_OK)
    report_error (ERROR_OPTION_VALUE,
                  "%s %s: no file with a public key, and no fingerprint "
                  "(SHA256:...)", what, path);
  else if (!(shown = known_hosts_fingerprint (key)) || !(copy = strdup (shown)))
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  ssh_string_free_char (shown);
  ssh_key_free (key);
  return copy;
}

static int
expect (struct flash_job *job, const char *fingerprint)
{
  char *copy = strdup (fingerprint);

  if (!copy) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  free (job->expected_host_key);
  job->expected_host_key = copy;
  return 0;
}

int
new_host_key_prepare (struct flash_job *job)
{
  const char *given = job->options->host_key;
  char what[SETTING_PLACE_MAX];

  if (!given)
    return 0;
  setting_place (job->options, SETTING_HOST_KEY, what);
  if (option_is_fingerprint (given))
    return option_check_fingerprint (what, given) == -1 ? -1 : expect (job, given);
  job->expected_host_key = fingerprint_of_file (given, what);
  return job->expected_host_key ? 0 : -1;
}

/* NULL: none in particular. */
static const char *
expected_key (const struct flash_job *job)
{
  if (job->expected_host_key)
    return job->expected_host_key;
  return job->options->keep & 1U << KEEP_SSH_HOST_KEYS ? job->host_key : NULL;
}

/* -- The decision ----------------------------------------------------------- */

static int
ask (const struct flash_job *job, const char *type, const char *fingerprint,
     const char *place)
{
  CLEANUP_FREE char *question = NULL;

  message_always ("%s answers with another host key than before the flash.\n"
                  "The new system's %s key has the fingerprint %s.\n"
                  "The old one was %s%s%s.", job->options->host, type, fingerprint,
                  job->host_key ? job->host_key : "another", *place ? ", in " : "",
                  place);
  if (asprintf (&question, "Log in with the new key%s? (yes, no or the fingerprint) ",
                *place ? ", and replace the old one in known_hosts" : "") == -1) {
    question = NULL;
    return -1;
  }
  return host_key_ask (question, fingerprint);
}

/* Nothing tells which key the new system has.  0: it is accepted. */
static int
decide (const struct flash_job *job, const struct ssh_config *c,
        enum known_host known, const char *type, const char *fingerprint,
        const char *place)
{
  const char *host = job->options->host;

  if (job->options->accept_new_host_key
      || (known == KNOWN_HOST_NEW
          && (c->strict == STRICT_ACCEPT_NEW || c->strict == STRICT_NO))) {
    message_always ("The new system of %s shows the %s key %s, which is accepted (%s)",
                    host, type, fingerprint, job->options->accept_new_host_key
                    ? "--accept-new-host-key" : "StrictHostKeyChecking");
    return 0;
  }
  if (!prompt_possible ()) {
    report_error (ERROR_NEW_HOST_KEY,
                  "the new system of %s shows another host key, the %s key %s, and "
                  "there is no terminal to ask on: nobody was logged in.\n"
                  "Give --host-key with the key of the image, --keep ssh-host-keys, or "
                  "--accept-new-host-key", host, type, fingerprint);
    return -1;
  }
  if (ask (job, type, fingerprint, place) == 0)
    return 0;
  report_error (ERROR_NEW_HOST_KEY, "the new key of %s was not accepted", host);
  return -1;
}

/* Behind a decision.  A file that can't be written is no reason to stop, as with a
 * key that was not known. */
static int
remember (struct flash_job *job, const struct ssh_config *c, ssh_key key,
          const char *fingerprint, const char *place)
{
  if (expect (job, fingerprint) == -1)
    return -1;
  if (known_hosts_replace (c, key) == 0)
    message_always (*place ? "The old host key of %s is replaced in known_hosts (%s)"
                    : "The host key of %s is remembered%s", job->options->host, place);
  return 0;
}

enum new_host_key
new_host_key_judge (struct flash_job *job, const struct ssh_config *c, ssh_key key,
                    const char *fingerprint)
{
  const char *expected = expected_key (job);
  const char *type = ssh_key_type_to_char (ssh_key_type (key));
  char place[512];
  const enum known_host known = known_hosts_check (c, key, place, sizeof place);

  if (known == KNOWN_HOST_REVOKED || known == KNOWN_HOST_ERROR) {
    report_error (ERROR_NEW_HOST_KEY,
                  "the host key that %s shows now, %s, is not to be trusted (%s)",
                  job->options->host, fingerprint, place);
    return NEW_HOST_KEY_REFUSED;
  }
  if (expected && strcmp (expected, fingerprint) != 0) {
    message_detail ("%s shows the host key %s, and %s is expected",
                    job->options->host, fingerprint, expected);
    return NEW_HOST_KEY_UNEXPECTED;
  }
  if (known == KNOWN_HOST_SAME
      || (job->host_key && strcmp (job->host_key, fingerprint) == 0))
    return NEW_HOST_KEY_TRUSTED;
  if (!expected && decide (job, c, known, type, fingerprint, place) == -1)
    return NEW_HOST_KEY_REFUSED;
  if (job->is_key_replaced)
    return NEW_HOST_KEY_TRUSTED;
  job->is_key_replaced = true;
  return remember (job, c, key, fingerprint, place) == 0 ? NEW_HOST_KEY_TRUSTED
                                                         : NEW_HOST_KEY_REFUSED;
}
