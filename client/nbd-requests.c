/* SPDX-License-Identifier: MIT */
/* Source: the NBD project's protocol document, doc/proto.md. */
#include <config.h>

#include <string.h>

#include "nbd-requests.h"

#define GREETING_SIZE 18        /* of a fixed newstyle server */
#define REQUEST_SIZE 28         /* of the requests that the helper sends */
#define OPTION_GO 7
#define REPLY_ACK 1
#define OPTION_MAGIC UINT64_C (0x0003e889045565a9)
#define STRUCTURED_MAGIC 0x668e33efu
#define SIMPLE_MAGIC 0x67446698u
#define FLAG_DONE 1u

static uint64_t
number (const unsigned char *p, size_t bytes)
{
  uint64_t n = 0;

  while (bytes-- > 0)
    n = n << 8 | *p++;
  return n;
}

static size_t
head_size (const struct nbd_requests *n)
{
  if (n->stage == NBD_GREETING)
    return GREETING_SIZE;
  /* A simple reply is an error here: it has a head and nothing else. */
  if (n->stage == NBD_REPLY && n->head_len >= 4
      && number (n->head, 4) == SIMPLE_MAGIC)
    return 16;
  return 20;
}

static void
take_option (struct nbd_requests *n)
{
  n->stage = number (n->head, 8) == OPTION_MAGIC ? NBD_OPTION_BODY : NBD_LOST;
  n->opened = number (n->head + 8, 4) == OPTION_GO
              && number (n->head + 12, 4) == REPLY_ACK;
  n->skip = number (n->head + 16, 4);
}

static void
take_reply (struct nbd_requests *n)
{
  const uint64_t magic = number (n->head, 4);

  n->stage = magic == STRUCTURED_MAGIC || magic == SIMPLE_MAGIC ? NBD_REPLY_BODY
                                                                : NBD_LOST;
  n->ends = magic == SIMPLE_MAGIC || (number (n->head + 4, 2) & FLAG_DONE);
  n->skip = magic == SIMPLE_MAGIC ? 0 : number (n->head + 16, 4);
}

static void
take_head (struct nbd_requests *n)
{
  n->head_len = 0;
  if (n->stage == NBD_GREETING)
    n->stage = NBD_OPTION;
  else if (n->stage == NBD_OPTION)
    take_option (n);
  else
    take_reply (n);
}

static void
end_body (struct nbd_requests *n)
{
  if (n->stage == NBD_REPLY_BODY && n->ends)
    n->answered++;
  n->stage = n->stage == NBD_REPLY_BODY || n->opened ? NBD_REPLY : NBD_OPTION;
}

/* Returns the bytes of DATA that it took. */
static size_t
take_some (struct nbd_requests *n, const unsigned char *data, size_t len)
{
  if (n->stage == NBD_OPTION_BODY || n->stage == NBD_REPLY_BODY) {
    const size_t part = n->skip < len ? (size_t) n->skip : len;

    n->skip -= part;
    if (n->skip == 0)
      end_body (n);
    return part;
  }
  n->head[n->head_len++] = *data;
  if (n->head_len >= 4 && n->head_len == head_size (n))
    take_head (n);
  return 1;
}

void
nbd_requests_take_reply (struct nbd_requests *n, const void *data, size_t len)
{
  const unsigned char *p = data;

  while (n->stage != NBD_LOST && len > 0) {
    const size_t part = take_some (n, p, len);

    p += part;
    len -= part;
  }
  /* A body of no bytes has ended before anything else comes. */
  if ((n->stage == NBD_OPTION_BODY || n->stage == NBD_REPLY_BODY) && n->skip == 0)
    end_body (n);
}

void
nbd_requests_take_request (struct nbd_requests *n, size_t len)
{
  if (n->stage == NBD_REPLY || n->stage == NBD_REPLY_BODY)
    n->request_bytes += len;
}

uint64_t
nbd_requests_owed (const struct nbd_requests *n)
{
  const uint64_t asked = n->request_bytes / REQUEST_SIZE;

  return n->stage != NBD_LOST && asked > n->answered ? asked - n->answered : 0;
}
