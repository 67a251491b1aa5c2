/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "nbd-reply.h"
#include "nbd-wire.h"

#define MAX_ERROR_PAYLOAD 8192

int
nbd_reply_receive (struct nbd_connection *c, bool structured,
                   struct nbd_reply *reply)
{
  unsigned char raw[NBD_STRUCTURED_REPLY_SIZE];

  if (nbd_receive (c, raw, NBD_SIMPLE_REPLY_SIZE) == -1)
    return -1;
  uint32_t magic = nbd_get32 (raw);
  *reply = (struct nbd_reply) { .cookie = nbd_get64 (raw + 8) };
  if (magic == NBD_SIMPLE_REPLY_MAGIC) {
    reply->error = nbd_get32 (raw + 4);
    return 0;
  }
  if (magic != NBD_STRUCTURED_REPLY_MAGIC || !structured)
    return nbd_fail (c, EPROTO, "the image server's reply has a wrong magic "
                     "number (0x%08" PRIx32 ")", magic);
  if (nbd_receive (c, raw + NBD_SIMPLE_REPLY_SIZE,
                   NBD_STRUCTURED_REPLY_SIZE - NBD_SIMPLE_REPLY_SIZE) == -1)
    return -1;
  reply->structured = true;
  reply->flags = nbd_get16 (raw + 4);
  reply->type = nbd_get16 (raw + 6);
  reply->length = nbd_get32 (raw + 16);
  return 0;
}

bool
nbd_reply_is_error (const struct nbd_reply *reply)
{
  return reply->structured ? reply->type & NBD_REPLY_TYPE_ERROR_BIT
                           : reply->error != 0;
}

static int
fail_by_server (struct nbd_connection *c, uint32_t error, uint64_t offset,
                const char *text)
{
  if (error == NBD_ESHUTDOWN)
    return nbd_fail (c, EPIPE, "the image server is shutting down");
  /* The numbers of the wire are those of Linux. */
  return nbd_fail (c, EIO, "the image server can't read its image near offset %"
                   PRIu64 ": %s%s%s", offset, strerror ((int) (error & 0xfff)),
                   *text ? ": " : "", text);
}

int
nbd_reply_error (struct nbd_connection *c, const struct nbd_reply *reply,
                 uint64_t offset)
{
  unsigned char fixed[6];
  char text[200];

  if (!reply->structured)
    return fail_by_server (c, reply->error, offset, "");
  if (reply->length < sizeof fixed || reply->length > MAX_ERROR_PAYLOAD)
    return nbd_fail (c, EPROTO, "the image server's error chunk has %" PRIu32
                     " bytes", reply->length);
  if (nbd_receive (c, fixed, sizeof fixed) == -1)
    return -1;
  uint32_t error = nbd_get32 (fixed);
  uint16_t text_len = nbd_get16 (fixed + 4);
  if (error == 0 || text_len > reply->length - sizeof fixed)
    return nbd_fail (c, EPROTO, "the image server's error chunk makes no "
                     "sense");
  if (nbd_receive_text (c, text_len, text, sizeof text) == -1
      || nbd_skip (c, reply->length - sizeof fixed - text_len) == -1)
    return -1;
  return fail_by_server (c, error, offset, text);
}
