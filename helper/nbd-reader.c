/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "nbd-handshake.h"
#include "nbd-reader.h"
#include "nbd-reply.h"
#include "nbd-wire.h"

/* Descriptors in one reply: qemu and nbdkit stop far below. */
#define MAX_DESCRIPTORS (1u << 17)

#define MAX_STATUS_LENGTH (1u << 30)    /* bytes asked about at a time */

struct request
{
  struct nbd_piece *piece;      /* NULL: the slot is free */
  uint64_t cookie;
  struct coverage coverage;     /* bytes received */
};

struct nbd_reader
{
  struct nbd_connection *c;
  struct nbd_export export;
  bool failed;
  uint64_t next_cookie;         /* counts up in steps of NBD_READER_DEPTH */
  unsigned in_flight;
  struct request requests[NBD_READER_DEPTH];
};

struct nbd_reader *
nbd_reader_open (struct nbd_connection *c, const char *export_name)
{
  struct nbd_reader *r = calloc (1, sizeof *r);

  if (!r) {
    nbd_fail (c, ENOMEM, "no memory for the NBD reader");
    return NULL;
  }
  r->c = c;
  if (nbd_handshake (c, export_name, &r->export) == -1) {
    int saved = errno;
    free (r);
    errno = saved;
    return NULL;
  }
  return r;
}

static int
send_request (struct nbd_reader *r, unsigned type, uint64_t cookie,
              uint64_t offset, uint32_t len)
{
  unsigned char request[NBD_REQUEST_SIZE], *p = request;

  p = nbd_put (p, NBD_REQUEST_MAGIC, 4);
  p = nbd_put (p, 0, 2);
  p = nbd_put (p, type, 2);
  p = nbd_put (p, cookie, 8);
  p = nbd_put (p, offset, 8);
  nbd_put (p, len, 4);
  return nbd_send (r->c, request, sizeof request);
}

void
nbd_reader_close (struct nbd_reader *r)
{
  if (!r)
    return;
  /* A courtesy: the connection is closed next, whatever becomes of it. */
  if (!r->failed)
    send_request (r, NBD_CMD_DISC, 0, 0, 0);
  free (r);
}

uint64_t
nbd_reader_size (const struct nbd_reader *r)
{
  return r->export.size;
}

bool
nbd_reader_has_extents (const struct nbd_reader *r)
{
  return r->export.allocation;
}

uint32_t
nbd_reader_piece_size (const struct nbd_reader *r)
{
  uint32_t max = r->export.max_request;

  if (max >= NBD_READER_PIECE)
    return NBD_READER_PIECE;
  return max < 65536 ? max : max & ~UINT32_C (65535);
}

unsigned
nbd_reader_in_flight (const struct nbd_reader *r)
{
  return r->in_flight;
}

static bool
is_inside (const struct nbd_reader *r, uint64_t offset, uint64_t len)
{
  return offset <= r->export.size && len <= r->export.size - offset;
}

int
nbd_reader_submit (struct nbd_reader *r, struct nbd_piece *piece)
{
  size_t slot = 0;

  while (slot < NBD_READER_DEPTH && r->requests[slot].piece)
    slot++;
  if (slot == NBD_READER_DEPTH || piece->len == 0
      || piece->len > r->export.max_request
      || !is_inside (r, piece->offset, piece->len))
    return nbd_fail (r->c, EINVAL, "a request that can't be sent: offset %"
                     PRIu64 ", %" PRIu32 " bytes", piece->offset, piece->len);

  struct request *q = &r->requests[slot];
  r->next_cookie += NBD_READER_DEPTH;
  q->cookie = r->next_cookie + slot;
  q->piece = piece;
  coverage_start (&q->coverage, piece->len);
  piece->done = false;
  piece->payload = 0;
  r->in_flight++;
  if (send_request (r, NBD_CMD_READ, q->cookie, piece->offset, piece->len) == -1) {
    r->failed = true;
    return -1;
  }
  return 0;
}

static struct request *
find_request (struct nbd_reader *r, uint64_t cookie)
{
  struct request *q = &r->requests[cookie % NBD_READER_DEPTH];

  if (q->piece && q->cookie == cookie)
    return q;
  nbd_fail (r->c, EPROTO, "the image server answers a request that was never "
            "made");
  return NULL;
}

/* Where [OFFSET, OFFSET+LEN) of the export lies in the request's buffer; NULL
 * when it is not wholly inside or was there before. */
static unsigned char *
claim (struct nbd_reader *r, struct request *q, uint64_t offset, uint32_t len)
{
  const struct nbd_piece *piece = q->piece;

  if (len == 0 || offset < piece->offset
      || offset - piece->offset > piece->len
      || len > piece->len - (offset - piece->offset)) {
    nbd_fail (r->c, EPROTO, "the image server sends %" PRIu32 " bytes at offset "
              "%" PRIu64 ", which were not asked for", len, offset);
    return NULL;
  }
  uint32_t start = (uint32_t) (offset - piece->offset);
  if (coverage_add (&q->coverage, start, len) == -1) {
    nbd_fail (r->c, EPROTO, "the image server sends overlapping or too "
              "scattered chunks at offset %" PRIu64, offset);
    return NULL;
  }
  return piece->buf + start;
}

/* Bytes of a piece, not a description of them. */
static int
receive_payload (struct nbd_reader *r, struct request *q, unsigned char *to,
                 uint32_t len)
{
  if (nbd_receive_data (r->c, to, len) == -1)
    return -1;
  q->piece->payload += len;
  return 0;
}

static int
receive_data_chunk (struct nbd_reader *r, struct request *q, uint32_t length)
{
  unsigned char offset[8];

  if (length <= sizeof offset)
    return nbd_fail (r->c, EPROTO, "the image server's data chunk has %" PRIu32
                     " bytes", length);
  if (nbd_receive (r->c, offset, sizeof offset) == -1)
    return -1;
  unsigned char *to = claim (r, q, nbd_get64 (offset), length - 8);
  return to ? receive_payload (r, q, to, length - 8) : -1;
}

static int
receive_hole_chunk (struct nbd_reader *r, struct request *q, uint32_t length)
{
  unsigned char hole[12];

  if (length != sizeof hole)
    return nbd_fail (r->c, EPROTO, "the image server's hole chunk has %" PRIu32
                     " bytes", length);
  if (nbd_receive (r->c, hole, sizeof hole) == -1)
    return -1;
  uint32_t len = nbd_get32 (hole + 8);
  unsigned char *to = claim (r, q, nbd_get64 (hole), len);
  if (!to)
    return -1;
  memset (to, 0, len);
  return 0;
}

static int
receive_chunk (struct nbd_reader *r, struct request *q,
               const struct nbd_reply *h)
{
  if (nbd_reply_is_error (h))
    return nbd_reply_error (r->c, h, q->piece->offset);
  switch (h->type) {
  case NBD_REPLY_TYPE_OFFSET_DATA:
    return receive_data_chunk (r, q, h->length);
  case NBD_REPLY_TYPE_OFFSET_HOLE:
    return receive_hole_chunk (r, q, h->length);
  case NBD_REPLY_TYPE_NONE:
    if (h->length == 0 && (h->flags & NBD_REPLY_FLAG_DONE))
      return 0;
  }
  return nbd_fail (r->c, EPROTO, "the image server answers a read with a chunk "
                   "of type %u, %" PRIu32 " bytes", h->type, h->length);
}

/* A simple reply carries either an error or all of the piece. */
static int
receive_simple (struct nbd_reader *r, struct request *q,
                const struct nbd_reply *h)
{
  if (nbd_reply_is_error (h))
    return nbd_reply_error (r->c, h, q->piece->offset);
  if (r->export.structured)
    return nbd_fail (r->c, EPROTO, "the image server answers a read with a "
                     "simple reply, against what was agreed upon");
  unsigned char *to = claim (r, q, q->piece->offset, q->piece->len);
  return to ? receive_payload (r, q, to, q->piece->len) : -1;
}

/* One reply or chunk.  *FINISHED is the request that it ends, if it ends one. */
static int
receive_one (struct nbd_reader *r, struct request **finished)
{
  struct nbd_reply h;

  *finished = NULL;
  if (nbd_reply_receive (r->c, r->export.structured, &h) == -1)
    return -1;
  struct request *q = find_request (r, h.cookie);
  if (!q)
    return -1;
  if ((h.structured ? receive_chunk : receive_simple) (r, q, &h) == -1)
    return -1;
  if (h.structured && !(h.flags & NBD_REPLY_FLAG_DONE))
    return 0;
  if (!coverage_is_whole (&q->coverage))
    return nbd_fail (r->c, EPROTO, "the image server's reply at offset %" PRIu64
                     " lacks bytes", q->piece->offset);
  *finished = q;
  return 0;
}

struct nbd_piece *
nbd_reader_complete (struct nbd_reader *r)
{
  struct request *q = NULL;

  if (r->in_flight == 0) {
    nbd_fail (r->c, EINVAL, "waiting for a reply to nothing");
    return NULL;
  }
  while (!q)
    if (receive_one (r, &q) == -1) {
      r->failed = true;
      return NULL;
    }
  struct nbd_piece *piece = q->piece;
  q->piece = NULL;
  r->in_flight--;
  piece->done = true;
  return piece;
}

int
nbd_reader_pread (struct nbd_reader *r, void *buf, size_t len, uint64_t offset)
{
  uint32_t step = nbd_reader_piece_size (r);

  for (size_t done = 0; done < len; done += step) {
    struct nbd_piece piece = {
      .buf = (unsigned char *) buf + done,
      .offset = offset + done,
      .len = len - done < step ? (uint32_t) (len - done) : step,
    };
    if (nbd_reader_submit (r, &piece) == -1 || !nbd_reader_complete (r))
      return -1;
  }
  return 0;
}

/* The descriptors of one BLOCK_STATUS chunk for [OFFSET, OFFSET+LEN).
 * *COVERED: how far they reach, at most LEN. */
static int
receive_descriptors (struct nbd_reader *r, uint32_t nr, uint64_t offset,
                     uint32_t len, uint32_t *covered, nbd_extent_fn fn,
                     void *opaque)
{
  unsigned char descriptor[8];

  for (uint32_t i = 0; i < nr; i++) {
    if (nbd_receive (r->c, descriptor, sizeof descriptor) == -1)
      return -1;
    uint32_t n = nbd_get32 (descriptor), left = len - *covered;
    /* The last one may reach beyond the question, none may follow it. */
    if (n == 0 || left == 0)
      return nbd_fail (r->c, EPROTO, "the image server's extents at offset %"
                       PRIu64 " make no sense", offset + *covered);
    if (n > left)
      n = left;
    fn (opaque, offset + *covered, n,
        nbd_get32 (descriptor + 4) & NBD_STATE_ZERO);
    *covered += n;
  }
  return 0;
}

static int
receive_status_chunk (struct nbd_reader *r, uint32_t length, uint64_t offset,
                      uint32_t len, uint32_t *covered, nbd_extent_fn fn,
                      void *opaque)
{
  unsigned char id[4];

  if (length < 12 || length % 8 != 4 || length / 8 > MAX_DESCRIPTORS
      || *covered != 0)
    return nbd_fail (r->c, EPROTO, "the image server's extents chunk has %"
                     PRIu32 " bytes", length);
  if (nbd_receive (r->c, id, sizeof id) == -1)
    return -1;
  if (nbd_get32 (id) != r->export.allocation_id)
    return nbd_fail (r->c, EPROTO, "the image server's extents are of a "
                     "context that was not asked for");
  return receive_descriptors (r, length / 8, offset, len, covered, fn, opaque);
}

/* One question and its answer; *COVERED as above, at least 1. */
static int
ask_status (struct nbd_reader *r, uint64_t offset, uint32_t len,
            uint32_t *covered, nbd_extent_fn fn, void *opaque)
{
  struct nbd_reply h;
  uint64_t cookie = r->next_cookie += NBD_READER_DEPTH;

  *covered = 0;
  if (send_request (r, NBD_CMD_BLOCK_STATUS, cookie, offset, len) == -1)
    return -1;
  do {
    if (nbd_reply_receive (r->c, r->export.structured, &h) == -1)
      return -1;
    if (h.cookie != cookie)
      return nbd_fail (r->c, EPROTO, "the image server answers a request that "
                       "was never made");
    if (nbd_reply_is_error (&h))
      return nbd_reply_error (r->c, &h, offset);
    if (h.type == NBD_REPLY_TYPE_NONE && h.length == 0)
      break;
    if (h.type != NBD_REPLY_TYPE_BLOCK_STATUS)
      return nbd_fail (r->c, EPROTO, "the image server answers a question for "
                       "extents with a chunk of type %u", h.type);
    if (receive_status_chunk (r, h.length, offset, len, covered, fn, opaque)
        == -1)
      return -1;
  } while (!(h.flags & NBD_REPLY_FLAG_DONE));
  return *covered > 0 ? 0 : nbd_fail (r->c, EPROTO, "the image server does not "
                                      "answer a question for extents");
}

int
nbd_reader_extents (struct nbd_reader *r, uint64_t offset, uint64_t count,
                    nbd_extent_fn fn, void *opaque)
{
  if (r->in_flight > 0 || !is_inside (r, offset, count))
    return nbd_fail (r->c, EINVAL, "a question for extents that can't be asked");
  if (!r->export.allocation) {
    if (count > 0)
      fn (opaque, offset, count, false);
    return 0;
  }
  while (count > 0) {
    uint32_t covered;
    uint32_t len = count < MAX_STATUS_LENGTH ? (uint32_t) count
                                             : MAX_STATUS_LENGTH;

    if (ask_status (r, offset, len, &covered, fn, opaque) == -1) {
      r->failed = true;
      return -1;
    }
    offset += covered;
    count -= covered;
  }
  return 0;
}
