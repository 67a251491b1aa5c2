/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "bottleneck.h"
#include "nbd-requests.h"

/* -- The judgement ----------------------------------------------------------- */

static void
test_names (void **state)
{
  (void) state;
  for (int b = BOTTLENECK_UNKNOWN; b <= BOTTLENECK_DISK; b++)
    assert_int_equal (bottleneck_of_name (bottleneck_name ((enum bottleneck) b)), b);
  assert_int_equal (bottleneck_of_name ("nonsense"), BOTTLENECK_UNKNOWN);
}

static void
test_disk (void **state)
{
  struct bottleneck_meter m = { .last = BOTTLENECK_UNKNOWN };

  (void) state;
  bottleneck_add_wait (&m, BOTTLENECK_NETWORK, 5);
  bottleneck_add_board (&m, 100, 0);
  bottleneck_add_board (&m, 100, 900);
  assert_int_equal (bottleneck_judge (&m, true), BOTTLENECK_DISK);
  /* Nothing new: still the same. */
  assert_int_equal (bottleneck_judge (&m, true), BOTTLENECK_DISK);
}

static void
test_source (void **state)
{
  struct bottleneck_meter m = { .last = BOTTLENECK_UNKNOWN };

  (void) state;
  bottleneck_add_board (&m, 0, 0);
  bottleneck_add_board (&m, 900, 10);
  bottleneck_add_wait (&m, BOTTLENECK_IMAGE, 3);
  bottleneck_add_wait (&m, BOTTLENECK_NETWORK, 1);
  assert_int_equal (bottleneck_judge (&m, true), BOTTLENECK_IMAGE);
  bottleneck_add_wait (&m, BOTTLENECK_NETWORK, 4);
  assert_int_equal (bottleneck_judge (&m, true), BOTTLENECK_NETWORK);
  /* A board that has the image decodes it by itself. */
  assert_int_equal (bottleneck_judge (&m, false), BOTTLENECK_IMAGE);
}

/* What was long ago counts less and less. */
static void
test_fades (void **state)
{
  struct bottleneck_meter m = { .last = BOTTLENECK_UNKNOWN };

  (void) state;
  bottleneck_add_board (&m, 0, 0);
  bottleneck_add_board (&m, 0, 1000);
  for (uint64_t i = 1; i <= 4; i++) {
    bottleneck_add_board (&m, 400 * i, 1000);
    bottleneck_add_wait (&m, BOTTLENECK_IMAGE, 1);
    bottleneck_judge (&m, true);
  }
  assert_int_equal (m.last, BOTTLENECK_IMAGE);
}

/* A board that does not say it, and one whose `write' was started anew. */
static void
test_without_figures (void **state)
{
  struct bottleneck_meter m = { .last = BOTTLENECK_UNKNOWN };

  (void) state;
  assert_int_equal (bottleneck_judge (&m, false), BOTTLENECK_UNKNOWN);
  assert_int_equal (bottleneck_judge (&m, true), BOTTLENECK_UNKNOWN);
  bottleneck_add_wait (&m, BOTTLENECK_NETWORK, 1);
  assert_int_equal (bottleneck_judge (&m, true), BOTTLENECK_NETWORK);
  bottleneck_add_board (&m, 50000, 0);
  bottleneck_add_board (&m, 10, 20);
  assert_true (m.source + m.disk < 1);
  bottleneck_add_board (&m, 10, 90);
  assert_int_equal (bottleneck_judge (&m, true), BOTTLENECK_DISK);
}

/* -- Requests without an answer ----------------------------------------------- */

static unsigned char stream[512];
static size_t stream_len;

static void
put (uint64_t number, size_t bytes)
{
  while (bytes-- > 0)
    stream[stream_len++] = (unsigned char) (number >> 8 * bytes);
}

static void
put_option (unsigned option, unsigned type, unsigned len)
{
  put (UINT64_C (0x0003e889045565a9), 8);
  put (option, 4);
  put (type, 4);
  put (len, 4);
  stream_len += len;
}

static void
put_chunk (unsigned flags, unsigned len)
{
  put (0x668e33ef, 4);
  put (flags, 2);
  put (1, 2);
  put (7, 8);
  put (len, 4);
  stream_len += len;
}

/* A handshake as nbdkit gives it. */
static void
put_handshake (void)
{
  stream_len = 18;
  put_option (8, 1, 0);         /* structured replies */
  put_option (10, 4, 12);       /* a context */
  put_option (10, 1, 0);
  put_option (7, 3, 12);        /* the export */
  put_option (7, 1, 0);
}

/* In pieces of SIZE bytes. */
static void
take_stream (struct nbd_requests *n, size_t size)
{
  for (size_t i = 0; i < stream_len; i += size)
    nbd_requests_take_reply (n, stream + i,
                             stream_len - i < size ? stream_len - i : size);
}

static void
test_requests (void **state)
{
  (void) state;
  for (size_t size = 1; size <= sizeof stream; size++) {
    struct nbd_requests n = { .stage = NBD_GREETING };

    memset (stream, 0, sizeof stream);
    put_handshake ();
    nbd_requests_take_request (&n, 100);        /* the client's side of it */
    take_stream (&n, size);
    assert_int_equal (n.stage, NBD_REPLY);
    assert_int_equal (nbd_requests_owed (&n), 0);
    nbd_requests_take_request (&n, 28);
    nbd_requests_take_request (&n, 60);         /* two, and a part */
    assert_int_equal (nbd_requests_owed (&n), 3);
    stream_len = 0;
    put_chunk (0, 30);          /* not the last one of its request */
    take_stream (&n, size);
    assert_int_equal (nbd_requests_owed (&n), 3);
    stream_len = 0;
    put_chunk (1, 0);
    put (0x67446698, 4);        /* an error */
    put (5, 4);
    put (7, 8);
    take_stream (&n, size);
    assert_int_equal (nbd_requests_owed (&n), 1);
  }
}

/* What is no NBD is not counted, and does no harm. */
static void
test_nonsense (void **state)
{
  struct nbd_requests n = { .stage = NBD_GREETING };

  (void) state;
  memset (stream, 0xff, sizeof stream);
  nbd_requests_take_reply (&n, stream, sizeof stream);
  nbd_requests_take_request (&n, 2800);
  assert_int_equal (n.stage, NBD_LOST);
  assert_int_equal (nbd_requests_owed (&n), 0);

  n = (struct nbd_requests) { .stage = NBD_GREETING };
  put_handshake ();
  take_stream (&n, sizeof stream);
  nbd_requests_take_request (&n, 28);
  memset (stream, 0xff, sizeof stream);
  nbd_requests_take_reply (&n, stream, sizeof stream);
  assert_int_equal (nbd_requests_owed (&n), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_names),
    cmocka_unit_test (test_disk),
    cmocka_unit_test (test_source),
    cmocka_unit_test (test_fades),
    cmocka_unit_test (test_without_figures),
    cmocka_unit_test (test_requests),
    cmocka_unit_test (test_nonsense),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
