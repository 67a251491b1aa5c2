/* SPDX-License-Identifier: MIT */
/* The handshake against servers of every character. */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "nbd-handshake.h"
#include "nbd-script.h"

static struct script script;
static struct nbd_connection c;
static struct nbd_export export;

/* The handshake's result on the first LEN bytes; its errno when it fails. */
static int
shake (size_t len)
{
  int server;

  connect_script (&c, &script, len, &server);
  int r = nbd_handshake (&c, "disk", &export) == 0 ? 0 : errno;
  disconnect_script (&c, server);
  return r;
}

static void
test_everything (void **state)
{
  (void) state;
  put_handshake (&script, 12345678, 1);
  assert_int_equal (shake (script.len), 0);
  assert_int_equal (export.size, 12345678);
  assert_true (export.structured);
  assert_true (export.allocation);
  assert_int_equal (export.allocation_id, 77);
}

static void
test_plain_server (void **state)
{
  (void) state;
  put_handshake (&script, 4096, 0);
  assert_int_equal (shake (script.len), 0);
  assert_int_equal (export.size, 4096);
  assert_false (export.structured);
  assert_false (export.allocation);
}

static void
test_cut_anywhere (void **state)
{
  (void) state;
  put_handshake (&script, 12345678, 1);
  for (size_t len = 0; len < script.len; len++) {
    assert_int_equal (shake (len), EPIPE);
    assert_string_not_equal (c.failure, "");
  }
}

/* Each byte of what the server says, changed: an error or another meaning, but
 * never anything worse.  (The sanitizers watch.) */
static void
test_any_byte_wrong (void **state)
{
  (void) state;
  put_handshake (&script, 12345678, 1);
  for (size_t i = 0; i < script.len; i++)
    for (int bit = 0; bit < 8; bit += 7) {
      script.words[i] ^= (unsigned char) (1 << bit);
      shake (script.len);
      script.words[i] ^= (unsigned char) (1 << bit);
    }
}

static void
test_no_nbd_server (void **state)
{
  (void) state;
  script.len = 0;
  put_bytes (&script, "SSH-2.0-OpenSSH_9.2 and so on", 29);
  assert_int_equal (shake (script.len), EPROTO);
  assert_non_null (strstr (c.failure, "no NBD server"));
}

static void
test_oldstyle (void **state)
{
  (void) state;
  script.len = 0;
  put (&script, NBD_MAGIC, 8);
  put (&script, UINT64_C (0x00420281861253), 8);
  put (&script, 4096, 8);
  assert_int_equal (shake (script.len), EPROTO);
  assert_non_null (strstr (c.failure, "oldstyle"));
}

static void
test_refusal_names_the_cause (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP, 0);
  put_option_reply (&script, NBD_OPT_GO, NBD_REP_ERR_UNKNOWN, 9);
  put_bytes (&script, "not\033here\n", 9);
  assert_int_equal (shake (script.len), EIO);
  assert_non_null (strstr (c.failure, "no such export"));
  assert_non_null (strstr (c.failure, "not?here?"));
}

static void
test_shutdown_is_a_lost_tunnel (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP, 0);
  put_option_reply (&script, NBD_OPT_GO, NBD_REP_ERR_SHUTDOWN, 0);
  assert_int_equal (shake (script.len), EPIPE);
}

static void
test_no_size (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP, 0);
  put_option_reply (&script, NBD_OPT_GO, NBD_REP_ACK, 0);
  assert_int_equal (shake (script.len), EPROTO);
}

static void
test_absurd_size (void **state)
{
  (void) state;
  put_handshake (&script, UINT64_MAX - 5, 1);
  assert_int_equal (shake (script.len), EPROTO);
}

static void
test_wrong_option (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_GO, NBD_REP_ACK, 0);
  assert_int_equal (shake (script.len), EPROTO);
}

static void
test_oversize_reply (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP,
                    UINT32_MAX);
  assert_int_equal (shake (script.len), EPROTO);
}

static void
test_short_context (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK, 0);
  put_option_reply (&script, NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT, 3);
  put (&script, 0, 3);
  assert_int_equal (shake (script.len), EPROTO);
}

static void
test_other_context (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK, 0);
  put_option_reply (&script, NBD_OPT_SET_META_CONTEXT, NBD_REP_META_CONTEXT,
                    4 + 16);
  put (&script, 5, 4);
  put_bytes (&script, "base:allocations", 16);
  put_option_reply (&script, NBD_OPT_SET_META_CONTEXT, NBD_REP_ACK, 0);
  put_export_info (&script, 512);
  put_option_reply (&script, NBD_OPT_GO, NBD_REP_ACK, 0);
  assert_int_equal (shake (script.len), 0);
  assert_false (export.allocation);
}

static void
test_endless_contexts (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ACK, 0);
  for (int i = 0; i < 1000; i++)
    put_context (&script, (uint32_t) i);
  assert_int_equal (shake (script.len), EPROTO);
}

static void
test_endless_infos (void **state)
{
  (void) state;
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP, 0);
  for (int i = 0; i < 1000; i++)
    put_export_info (&script, 4096);
  assert_int_equal (shake (script.len), EPROTO);
}

/* MIN, MAX as the server's block sizes for an export of 1 MiB. */
static int
shake_block_sizes (uint32_t min, uint32_t max)
{
  put_greeting (&script);
  put_option_reply (&script, NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP, 0);
  put_export_info (&script, 1 << 20);
  put_option_reply (&script, NBD_OPT_GO, NBD_REP_INFO, 14);
  put (&script, NBD_INFO_BLOCK_SIZE, 2);
  put (&script, min, 4);
  put (&script, 4096, 4);
  put (&script, max, 4);
  put_option_reply (&script, NBD_OPT_GO, NBD_REP_ACK, 0);
  return shake (script.len);
}

static void
test_block_sizes (void **state)
{
  (void) state;
  assert_int_equal (shake_block_sizes (1, 1 << 25), 0);
  assert_int_equal (export.max_request, 1 << 25);
  assert_int_equal (shake_block_sizes (512, 512), EPROTO);
  assert_int_equal (shake_block_sizes (1, 0), EPROTO);
  assert_int_equal (shake_block_sizes (1 << 20, 1 << 20), EPROTO);
  assert_int_equal (shake_block_sizes (4096, 512), EPROTO);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_everything),
    cmocka_unit_test (test_plain_server),
    cmocka_unit_test (test_cut_anywhere),
    cmocka_unit_test (test_any_byte_wrong),
    cmocka_unit_test (test_no_nbd_server),
    cmocka_unit_test (test_oldstyle),
    cmocka_unit_test (test_refusal_names_the_cause),
    cmocka_unit_test (test_shutdown_is_a_lost_tunnel),
    cmocka_unit_test (test_no_size),
    cmocka_unit_test (test_absurd_size),
    cmocka_unit_test (test_wrong_option),
    cmocka_unit_test (test_oversize_reply),
    cmocka_unit_test (test_short_context),
    cmocka_unit_test (test_other_context),
    cmocka_unit_test (test_endless_contexts),
    cmocka_unit_test (test_endless_infos),
    cmocka_unit_test (test_block_sizes),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
