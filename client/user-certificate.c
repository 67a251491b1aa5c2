/* SPDX-License-Identifier: MIT */
/* The blob of a key is its type and its numbers, strings with their length in front;
 * that of a certificate has a nonce between them, and more behind. */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user-certificate.h"

struct blob
{
  unsigned char *data;
  size_t len, at;
};

static int
value_of (char c)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789+/";
  const char *found = c ? strchr (digits, c) : NULL;

  return found ? (int) (found - digits) : -1;
}

/* Its end is where there is no digit any more. */
static size_t
decode_base64 (const char *text, unsigned char *out)
{
  uint32_t bits = 0;
  unsigned nr_bits = 0;
  size_t len = 0;

  for (int value; (value = value_of (*text)) >= 0; text++) {
    bits = bits << 6 | (uint32_t) value;
    nr_bits += 6;
    if (nr_bits >= 8) {
      nr_bits -= 8;
      out[len++] = (unsigned char) (bits >> nr_bits);
    }
  }
  return len;
}

/* The blob of KEY; its data is to be freed, and NULL without memory. */
static struct blob
blob_of (ssh_key key)
{
  struct blob b = { .data = NULL };
  char *text = NULL;

  if (ssh_pki_export_pubkey_base64 (key, &text) != SSH_OK)
    return b;
  b.data = malloc (strlen (text) + 1);
  if (b.data)
    b.len = decode_base64 (text, b.data);
  ssh_string_free_char (text);
  return b;
}

static bool
skip_string (struct blob *b)
{
  uint32_t len = 0;

  if (!b->data || b->len - b->at < 4)
    return false;
  for (int i = 0; i < 4; i++)
    len = len << 8 | b->data[b->at++];
  if (len > b->len - b->at)
    return false;
  b->at += len;
  return true;
}

bool
user_certificate_is_of (ssh_key certificate, ssh_key public)
{
  struct blob key = blob_of (public), whole = blob_of (certificate);
  bool result = false;

  if (skip_string (&key) && skip_string (&whole) && skip_string (&whole)) {
    const size_t numbers = key.len - key.at;

    result = numbers > 0 && whole.len - whole.at >= numbers
             && memcmp (key.data + key.at, whole.data + whole.at, numbers) == 0;
  }
  free (key.data);
  free (whole.data);
  return result;
}
