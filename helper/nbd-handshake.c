/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "nbd-handshake.h"
#include "nbd-wire.h"

/* A server needs a handful of replies to an option, and a few hundred bytes in
 * each; one that sends more is not let go on. */
#define MAX_REPLIES 64
#define MAX_REPLY_PAYLOAD 8192

#define CONTEXT_NAME "base:allocation"

/* What a server may take at once when it does not say (doc/proto.md). */
#define DEFAULT_MAX_REQUEST (32u << 20)

/* Below this the fixed cost of a request eats the line. */
#define MIN_MAX_REQUEST (64u << 10)

struct option_reply
{
  uint32_t type, length;
};

static int
send_option (struct nbd_connection *c, uint32_t option, const void *data,
             size_t len)
{
  unsigned char header[NBD_OPTION_HEADER_SIZE], *p = header;

  p = nbd_put (p, NBD_OPTION_MAGIC, 8);
  p = nbd_put (p, option, 4);
  nbd_put (p, len, 4);
  if (nbd_send (c, header, sizeof header) == -1)
    return -1;
  return nbd_send (c, data, len);
}

/* The next reply's header; its payload is still to be received. */
static int
receive_reply (struct nbd_connection *c, uint32_t option,
               struct option_reply *reply)
{
  unsigned char header[NBD_OPTION_REPLY_SIZE];

  if (nbd_receive (c, header, sizeof header) == -1)
    return -1;
  if (nbd_get64 (header) != NBD_OPTION_REPLY_MAGIC)
    return nbd_fail (c, EPROTO, "the image server's option reply has a wrong "
                     "magic number");
  if (nbd_get32 (header + 8) != option)
    return nbd_fail (c, EPROTO, "the image server answers option %u instead of "
                     "%u", (unsigned) nbd_get32 (header + 8), (unsigned) option);
  reply->type = nbd_get32 (header + 12);
  reply->length = nbd_get32 (header + 16);
  if (reply->length > MAX_REPLY_PAYLOAD)
    return nbd_fail (c, EPROTO, "the image server's option reply claims %u "
                     "bytes", (unsigned) reply->length);
  if (reply->type == NBD_REP_ACK && reply->length != 0)
    return nbd_fail (c, EPROTO, "the image server's acknowledgement carries "
                     "%u bytes", (unsigned) reply->length);
  return 0;
}

static const char *
error_name (uint32_t type)
{
  switch (type) {
  case NBD_REP_ERR_UNSUP: return "it does not know this option";
  case NBD_REP_ERR_POLICY: return "its policy forbids it";
  case NBD_REP_ERR_INVALID: return "it calls the option invalid";
  case NBD_REP_ERR_PLATFORM: return "its platform can't do it";
  case NBD_REP_ERR_TLS_REQD: return "it wants TLS";
  case NBD_REP_ERR_UNKNOWN: return "it has no such export";
  case NBD_REP_ERR_SHUTDOWN: return "it is shutting down";
  case NBD_REP_ERR_BLOCK_SIZE_REQD: return "it wants block sizes negotiated";
  case NBD_REP_ERR_TOO_BIG: return "the request is too big for it";
  default: return "unknown error";
  }
}

static int
refused (struct nbd_connection *c, const struct option_reply *reply,
         const char *export_name)
{
  char text[200];

  if (nbd_receive_text (c, reply->length, text, sizeof text) == -1)
    return -1;
  return nbd_fail (c, reply->type == NBD_REP_ERR_SHUTDOWN ? EPIPE : EIO,
                   "the image server refuses the export \"%s\": %s%s%s",
                   export_name, error_name (reply->type),
                   *text ? ": " : "", text);
}

static int
greet (struct nbd_connection *c)
{
  unsigned char greeting[18], answer[4];

  if (nbd_receive (c, greeting, 16) == -1)
    return -1;
  if (nbd_get64 (greeting) != NBD_MAGIC)
    return nbd_fail (c, EPROTO, "what answers in the tunnel is no NBD server");
  if (nbd_get64 (greeting + 8) != NBD_OPTION_MAGIC)
    return nbd_fail (c, EPROTO, "the image server speaks the oldstyle "
                     "handshake, which can't name an export");
  if (nbd_receive (c, greeting + 16, 2) == -1)
    return -1;
  unsigned flags = nbd_get16 (greeting + 16);
  if (!(flags & NBD_FLAG_FIXED_NEWSTYLE))
    return nbd_fail (c, EPROTO, "the image server lacks the fixed newstyle "
                     "handshake");
  nbd_put (answer, flags & (NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES), 4);
  return nbd_send (c, answer, sizeof answer);
}

/* A server that refuses simply does without. */
static int
ask_structured (struct nbd_connection *c, struct nbd_export *export)
{
  struct option_reply reply;

  if (send_option (c, NBD_OPT_STRUCTURED_REPLY, NULL, 0) == -1
      || receive_reply (c, NBD_OPT_STRUCTURED_REPLY, &reply) == -1)
    return -1;
  if (reply.type == NBD_REP_ACK)
    export->structured = true;
  else if (!(reply.type & NBD_REP_ERROR))
    return nbd_fail (c, EPROTO, "the image server answers structured replies "
                     "with type %u", (unsigned) reply.type);
  return nbd_skip (c, reply.length);
}

static int
receive_context (struct nbd_connection *c, uint32_t length,
                 struct nbd_export *export)
{
  unsigned char id[4];
  char name[sizeof CONTEXT_NAME];

  if (length < sizeof id)
    return nbd_fail (c, EPROTO, "the image server's metadata context has %u "
                     "bytes", (unsigned) length);
  if (nbd_receive (c, id, sizeof id) == -1
      || nbd_receive_text (c, length - 4, name, sizeof name) == -1)
    return -1;
  if (length - 4 == strlen (CONTEXT_NAME) && strcmp (name, CONTEXT_NAME) == 0) {
    export->allocation = true;
    export->allocation_id = nbd_get32 (id);
  }
  return 0;
}

static int
ask_allocation (struct nbd_connection *c, const char *export_name,
                struct nbd_export *export)
{
  unsigned char data[4 + 256 + 8 + sizeof CONTEXT_NAME], *p = data;
  size_t name_len = strlen (export_name);
  struct option_reply reply;

  p = nbd_put (p, name_len, 4);
  memcpy (p, export_name, name_len);
  p = nbd_put (p + name_len, 1, 4);
  p = nbd_put (p, strlen (CONTEXT_NAME), 4);
  memcpy (p, CONTEXT_NAME, strlen (CONTEXT_NAME));
  p += strlen (CONTEXT_NAME);
  if (send_option (c, NBD_OPT_SET_META_CONTEXT, data, (size_t) (p - data)) == -1)
    return -1;

  for (int i = 0; i < MAX_REPLIES; i++) {
    if (receive_reply (c, NBD_OPT_SET_META_CONTEXT, &reply) == -1)
      return -1;
    if (reply.type == NBD_REP_ACK)
      return 0;
    if (reply.type & NBD_REP_ERROR) {
      export->allocation = false;
      return nbd_skip (c, reply.length);
    }
    if (reply.type != NBD_REP_META_CONTEXT)
      return nbd_fail (c, EPROTO, "the image server answers a metadata context "
                       "with type %u", (unsigned) reply.type);
    if (receive_context (c, reply.length, export) == -1)
      return -1;
  }
  return nbd_fail (c, EPROTO, "the image server does not stop naming metadata "
                   "contexts");
}

static int
take_block_size (struct nbd_connection *c, const unsigned char *info,
                 struct nbd_export *export)
{
  uint32_t min = nbd_get32 (info + 2), max = nbd_get32 (info + 10);

  /* Requests are cut at multiples of 64 KiB, so no larger minimum will do
   * (the document allows none). */
  if (min > MIN_MAX_REQUEST || max < min)
    return nbd_fail (c, EPROTO, "the image server's block sizes make no sense "
                     "(minimum %u, maximum %u)", (unsigned) min,
                     (unsigned) max);
  export->max_request = max;
  return 0;
}

static int
receive_info (struct nbd_connection *c, uint32_t length,
              struct nbd_export *export, bool *has_size)
{
  unsigned char info[14] = { 0 };
  uint32_t n = length < sizeof info ? length : sizeof info;

  if (length < 2)
    return nbd_fail (c, EPROTO, "the image server's info reply has %u bytes",
                     (unsigned) length);
  if (nbd_receive (c, info, n) == -1 || nbd_skip (c, length - n) == -1)
    return -1;

  unsigned type = nbd_get16 (info);
  if ((type == NBD_INFO_EXPORT && length != 12)
      || (type == NBD_INFO_BLOCK_SIZE && length != 14))
    return nbd_fail (c, EPROTO, "the image server's info reply %u has %u bytes",
                     type, (unsigned) length);
  if (type == NBD_INFO_BLOCK_SIZE)
    return take_block_size (c, info, export);
  if (type == NBD_INFO_EXPORT) {
    export->size = nbd_get64 (info + 2);
    *has_size = true;
    if (export->size > INT64_MAX)
      return nbd_fail (c, EPROTO, "the image server's export size makes no "
                       "sense");
  }
  return 0;
}

static int
go (struct nbd_connection *c, const char *export_name,
    struct nbd_export *export)
{
  unsigned char data[4 + 256 + 4], *p = data;
  size_t name_len = strlen (export_name);
  struct option_reply reply;
  bool has_size = false;

  p = nbd_put (p, name_len, 4);
  memcpy (p, export_name, name_len);
  p = nbd_put (p + name_len, 1, 2);
  p = nbd_put (p, NBD_INFO_BLOCK_SIZE, 2);
  if (send_option (c, NBD_OPT_GO, data, (size_t) (p - data)) == -1)
    return -1;

  for (int i = 0; i < MAX_REPLIES; i++) {
    if (receive_reply (c, NBD_OPT_GO, &reply) == -1)
      return -1;
    if (reply.type & NBD_REP_ERROR)
      return refused (c, &reply, export_name);
    if (reply.type == NBD_REP_ACK)
      return has_size ? 0 : nbd_fail (c, EPROTO, "the image server did not say "
                                      "the export's size");
    if (reply.type != NBD_REP_INFO)
      return nbd_fail (c, EPROTO, "the image server answers the export's name "
                       "with type %u", (unsigned) reply.type);
    if (receive_info (c, reply.length, export, &has_size) == -1)
      return -1;
  }
  return nbd_fail (c, EPROTO, "the image server does not stop describing the "
                   "export");
}

int
nbd_handshake (struct nbd_connection *c, const char *export_name,
               struct nbd_export *export)
{
  *export = (struct nbd_export) { .max_request = DEFAULT_MAX_REQUEST };

  if (strlen (export_name) > 256)
    return nbd_fail (c, EPROTO, "the export's name is too long");
  if (greet (c) == -1 || ask_structured (c, export) == -1)
    return -1;
  if (export->structured && ask_allocation (c, export_name, export) == -1)
    return -1;
  if (go (c, export_name, export) == -1)
    return -1;
  if (export->max_request < MIN_MAX_REQUEST
      && export->max_request < export->size)
    return nbd_fail (c, EPROTO, "the image server takes only %u bytes a "
                     "request", (unsigned) export->max_request);
  return 0;
}
