/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option-values.h"
#include "report.h"

#define FINGERPRINT_PREFIX "SHA256:"
#define FINGERPRINT_DIGITS 43   /* 32 bytes in base64, without padding */

static const char *const transports[] = {
  [TRANSPORT_LIBSSH] = "libssh", [TRANSPORT_OPENSSH] = "openssh", NULL
};
static const char *const modes[] = {
  [FLASH_RAMFS] = "ramfs", [FLASH_STREAM] = "stream", NULL
};
static const char *const verifications[] = {
  [VERIFY_FULL] = "full", [VERIFY_SAMPLE] = "sample", [VERIFY_OFF] = "off", NULL
};

const char *
transport_name (enum transport transport)
{
  return transports[transport == TRANSPORT_OPENSSH ? TRANSPORT_OPENSSH
                                                   : TRANSPORT_LIBSSH];
}

const char *
flash_mode_name (enum flash_mode mode)
{
  return modes[mode];
}

const char *
verification_name (enum verification verification)
{
  return verifications[verification];
}

int
option_number (const char *what, const char *text, unsigned long least,
               unsigned long most, unsigned *number)
{
  char *end;

  errno = 0;
  unsigned long n = strtoul (text, &end, 10);
  if (!isdigit ((unsigned char) *text) || *end || errno || n < least
      || n > most) {
    report_error (ERROR_OPTION_VALUE,
                  "%s %s: a number from %lu to %lu is needed", what, text,
                  least, most);
    return -1;
  }
  *number = (unsigned) n;
  return 0;
}

int
option_word (const char *what, const char *text, const char *const words[])
{
  char all[128];
  size_t length = 0;

  for (int i = 0; words[i]; i++) {
    if (strcmp (text, words[i]) == 0)
      return i;
    length += (size_t) snprintf (all + length, sizeof all - length, "%s%s",
                                 i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
  }
  report_error (ERROR_OPTION_VALUE, "%s %s: %s", what, text, all);
  return -1;
}

int
option_mode (const char *what, const char *text, enum flash_mode *mode)
{
  const int place = option_word (what, text, modes);

  if (place == -1)
    return -1;
  *mode = (enum flash_mode) place;
  return 0;
}

int
option_verification (const char *what, const char *text,
                     enum verification *verification)
{
  const int place = option_word (what, text, verifications);

  if (place == -1)
    return -1;
  *verification = (enum verification) place;
  return 0;
}

int
option_transport (const char *what, const char *text, enum transport *transport)
{
  const int place = option_word (what, text, transports);

  if (place == -1)
    return -1;
  *transport = (enum transport) place;
  return 0;
}

/* These words reach systemctl on the board as patterns. */
int
option_check_services (const char *what, const char *list)
{
  static const char allowed[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    "@_.:\\*?[]-";

  for (const char *p = list + strspn (list, " "); *p; p += strspn (p, " ")) {
    size_t len = strcspn (p, " ");
    if (*p == '-' || strspn (p, allowed) < len) {
      report_error (ERROR_OPTION_VALUE,
                    "%s: \"%.*s\" is no pattern of unit names", what, (int) len, p);
      return -1;
    }
    p += len;
  }
  return 0;
}

int
option_check_device (const char *what, const char *device)
{
  if (*device == '/')
    return 0;
  report_error (ERROR_OPTION_VALUE,
                "%s %s: an absolute path on the board is needed, as in /dev/sda", what,
                device);
  return -1;
}

bool
option_is_fingerprint (const char *text)
{
  return strncmp (text, FINGERPRINT_PREFIX, sizeof FINGERPRINT_PREFIX - 1) == 0;
}

int
option_check_fingerprint (const char *what, const char *text)
{
  const char *digits = text + sizeof FINGERPRINT_PREFIX - 1;

  if (strspn (digits, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                      "0123456789+/") == FINGERPRINT_DIGITS
      && digits[FINGERPRINT_DIGITS] == '\0')
    return 0;
  report_error (ERROR_OPTION_VALUE,
                "%s %s: that is no fingerprint as ssh-keygen -l shows it", what, text);
  return -1;
}
