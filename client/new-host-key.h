/* SPDX-License-Identifier: MIT */
/* Whether the host key that a board shows after its flash is the new system's. */

#ifndef FLASH_NEW_HOST_KEY_H
#define FLASH_NEW_HOST_KEY_H

#include <libssh/libssh.h>

#include "flash-job.h"

enum new_host_key
{
  NEW_HOST_KEY_TRUSTED,         /* known, expected or accepted; known_hosts has it */
  NEW_HOST_KEY_UNEXPECTED,      /* another one is expected, and may come: this is the
                                 * old system's, or that of an early stage */
  NEW_HOST_KEY_REFUSED          /* for good (reported) */
};

/* Put the key that --host-key names into JOB->expected_host_key: a fingerprint or the
 * file of a public key.  0, or -1 after a report. */
int new_host_key_prepare (struct flash_job *job);

/* Judge KEY, whose fingerprint is FINGERPRINT.  Where neither known_hosts nor an
 * option decides, the person is asked; a line of known_hosts is replaced only after
 * a word of theirs, and that is said.  What is trusted is what is expected from then
 * on.  C: the login by which it was seen. */
enum new_host_key new_host_key_judge (struct flash_job *job,
                                      const struct ssh_config *c, ssh_key key,
                                      const char *fingerprint);

#endif
