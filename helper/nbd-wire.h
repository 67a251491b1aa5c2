/* SPDX-License-Identifier: MIT */
/* The numbers and byte order of the NBD protocol, as far as a reader needs
 * them: fixed newstyle handshake, structured and simple replies, the metadata
 * context base:allocation.  Source: the NBD project's protocol document,
 * doc/proto.md.  All numbers on the wire are big-endian. */

#ifndef FLASH_HELPER_NBD_WIRE_H
#define FLASH_HELPER_NBD_WIRE_H

#include <stddef.h>
#include <stdint.h>

/* Handshake. */
#define NBD_MAGIC UINT64_C (0x4e42444d41474943)           /* "NBDMAGIC" */
#define NBD_OPTION_MAGIC UINT64_C (0x49484156454f5054)    /* "IHAVEOPT" */
#define NBD_OPTION_REPLY_MAGIC UINT64_C (0x0003e889045565a9)
#define NBD_FLAG_FIXED_NEWSTYLE 1u      /* handshake flags, and the client's */
#define NBD_FLAG_NO_ZEROES 2u

enum
{
  NBD_OPT_GO = 7,
  NBD_OPT_STRUCTURED_REPLY = 8,
  NBD_OPT_SET_META_CONTEXT = 10,
};

enum
{
  NBD_REP_ACK = 1,
  NBD_REP_INFO = 3,
  NBD_REP_META_CONTEXT = 4,
};
#define NBD_REP_ERROR 0x80000000u       /* this bit marks an error */
#define NBD_REP_ERR_UNSUP (NBD_REP_ERROR + 1)
#define NBD_REP_ERR_POLICY (NBD_REP_ERROR + 2)
#define NBD_REP_ERR_INVALID (NBD_REP_ERROR + 3)
#define NBD_REP_ERR_PLATFORM (NBD_REP_ERROR + 4)
#define NBD_REP_ERR_TLS_REQD (NBD_REP_ERROR + 5)
#define NBD_REP_ERR_UNKNOWN (NBD_REP_ERROR + 6)
#define NBD_REP_ERR_SHUTDOWN (NBD_REP_ERROR + 7)
#define NBD_REP_ERR_BLOCK_SIZE_REQD (NBD_REP_ERROR + 8)
#define NBD_REP_ERR_TOO_BIG (NBD_REP_ERROR + 9)

enum { NBD_INFO_EXPORT = 0, NBD_INFO_BLOCK_SIZE = 3 };

#define NBD_OPTION_HEADER_SIZE 16       /* magic 8, option 4, length 4 */
#define NBD_OPTION_REPLY_SIZE 20        /* magic 8, option 4, type 4, length 4 */

/* Transmission. */
#define NBD_REQUEST_MAGIC 0x25609513u
#define NBD_SIMPLE_REPLY_MAGIC 0x67446698u
#define NBD_STRUCTURED_REPLY_MAGIC 0x668e33efu
#define NBD_REQUEST_SIZE 28     /* magic 4, flags 2, type 2, cookie 8, offset 8, length 4 */
#define NBD_SIMPLE_REPLY_SIZE 16        /* magic 4, error 4, cookie 8 */
#define NBD_STRUCTURED_REPLY_SIZE 20    /* magic 4, flags 2, type 2, cookie 8, length 4 */

enum { NBD_CMD_READ = 0, NBD_CMD_DISC = 2, NBD_CMD_BLOCK_STATUS = 7 };

#define NBD_REPLY_FLAG_DONE 1u
enum
{
  NBD_REPLY_TYPE_NONE = 0,
  NBD_REPLY_TYPE_OFFSET_DATA = 1,
  NBD_REPLY_TYPE_OFFSET_HOLE = 2,
  NBD_REPLY_TYPE_BLOCK_STATUS = 5,
};
#define NBD_REPLY_TYPE_ERROR_BIT 0x8000u

#define NBD_STATE_ZERO 2u       /* base:allocation: reads as zeroes */

/* Error numbers on the wire. */
#define NBD_ESHUTDOWN 108

static inline uint64_t
nbd_get (const unsigned char *p, size_t bytes)
{
  uint64_t value = 0;

  for (size_t i = 0; i < bytes; i++)
    value = value << 8 | p[i];
  return value;
}

static inline uint16_t
nbd_get16 (const unsigned char *p)
{
  return (uint16_t) nbd_get (p, 2);
}

static inline uint32_t
nbd_get32 (const unsigned char *p)
{
  return (uint32_t) nbd_get (p, 4);
}

static inline uint64_t
nbd_get64 (const unsigned char *p)
{
  return nbd_get (p, 8);
}

static inline unsigned char *
nbd_put (unsigned char *p, uint64_t value, size_t bytes)
{
  for (size_t i = bytes; i-- > 0; value >>= 8)
    p[i] = (unsigned char) value;
  return p + bytes;
}

#endif
