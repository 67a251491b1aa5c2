/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "image-location.h"
#include "uri-parts.h"

static void
assert_refused (const char *text)
{
  struct image_location l;

  if (image_location_parse (text, &l) == 0)
    fail_msg ("taken: %s", text);
  image_location_release (&l);
}

static void
parse (const char *text, struct image_location *l)
{
  if (image_location_parse (text, l) == -1)
    fail_msg ("refused: %s", text);
}

static void
test_files (void **state)
{
  static const char *const files[] = {
    "image.img.xz", "/srv/a b'c\";\n.img", "./nbd://host/x", "a/nbds://x",
    "nbd:host", "nbd:/host/x", "://x", "1nbd://x", "n bd://x", "-://"
  };
  struct image_location l;

  (void) state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    parse (files[i], &l);
    assert_int_equal (l.kind, IMAGE_FILE);
    assert_ptr_equal (l.given, files[i]);
    assert_null (l.server);
    image_location_release (&l);
  }
  parse ("/srv/images/a\033[2Jb.img/", &l);
  assert_string_equal (l.name, "a[2Jb.img");
  image_location_release (&l);
  parse ("/", &l);
  assert_string_equal (l.name, "image");
  image_location_release (&l);
}

static void
test_tcp (void **state)
{
  struct image_location l;

  (void) state;
  parse ("nbds://images.lan/halos/marine%20one.img.xz", &l);
  assert_int_equal (l.kind, IMAGE_NBD);
  assert_true (l.tls);
  assert_string_equal (l.host, "images.lan");
  assert_string_equal (l.port, "10809");
  assert_string_equal (l.export, "halos/marine one.img.xz");
  assert_string_equal (l.name, "marine one.img.xz");
  assert_string_equal (l.server, "nbds://images.lan");
  assert_string_equal (l.shown, "nbds://images.lan/halos/marine one.img.xz");
  assert_null (l.user);
  assert_null (l.socket);
  image_location_release (&l);

  parse ("NBD://10.0.0.1:5", &l);
  assert_false (l.tls);
  assert_string_equal (l.host, "10.0.0.1");
  assert_string_equal (l.port, "5");
  assert_string_equal (l.export, "");
  assert_string_equal (l.name, "10.0.0.1");
  assert_string_equal (l.server, "nbd://10.0.0.1:5");
  image_location_release (&l);

  parse ("nbd://[fe80::1%25eth0]:7/x", &l);
  assert_string_equal (l.host, "fe80::1%eth0");
  assert_string_equal (l.port, "7");
  assert_string_equal (l.server, "nbd://[fe80::1%eth0]:7");
  image_location_release (&l);

  /* An export may begin with a slash, and have any other character. */
  parse ("nbd://h//a'b\";$(x)%26=%23%3f%25.img", &l);
  assert_string_equal (l.export, "/a'b\";$(x)&=#?%.img");
  image_location_release (&l);
}

static void
test_tls (void **state)
{
  struct image_location l;

  (void) state;
  parse ("nbds://alice@images.lan/x?tls-psk-file=/k%26eys/a%20b;c", &l);
  assert_string_equal (l.user, "alice");
  assert_string_equal (l.psk_file, "/k&eys/a b;c");
  assert_null (l.certificates);
  assert_string_equal (l.shown, "nbds://images.lan/x");
  image_location_release (&l);

  parse ("nbds+unix://alice@/x?tls-certificates=certs&socket=/run/a%3db", &l);
  assert_string_equal (l.certificates, "certs");
  assert_string_equal (l.socket, "/run/a=b");
  assert_string_equal (l.user, "alice");
  assert_null (l.host);
  assert_string_equal (l.shown, "x on the socket /run/a=b");
  image_location_release (&l);

  parse ("nbd+unix:///?socket=/run/nbd.sock", &l);
  assert_string_equal (l.export, "");
  assert_string_equal (l.name, "nbd.sock");
  image_location_release (&l);
}

static void
test_web (void **state)
{
  struct image_location l;
  const char *url = "https://h.example:8443/d/a%20b.img.xz?sig=secret&x=%2f";

  (void) state;
  parse (url, &l);
  assert_int_equal (l.kind, IMAGE_WEB);
  assert_ptr_equal (l.given, url);
  assert_string_equal (l.name, "a b.img.xz");
  assert_string_equal (l.server, "https://h.example:8443");
  assert_string_equal (l.shown, "https://h.example:8443/d/a b.img.xz");
  image_location_release (&l);
}

static void
test_refused (void **state)
{
  static const char *const bad[] = {
    "ftp://h/x", "s3://bucket/x", "nbd+vsock:///2", "file:///x", "nbdx://h/x",
    "nbd://", "nbd:///x", "nbd://:10809/x", "nbd://h:/x", "nbd://h:0/x",
    "nbd://h:65536/x", "nbd://h:99999999999999999999/x", "nbd://h:1x/x",
    "nbd://h:-1/x", "nbd://-h/x", "nbd://h h/x", "nbd://h;h/x", "nbd://a'b/x",
    "nbd://h\xc3\xa4/x", "nbd://fe80::1/x", "nbd://[fe80::1/x", "nbd://[]/x",
    "nbd://[::1]x/x", "nbd://%00/x", "nbd://h%0a/x",
    "nbd://h/x%00y", "nbd://h/x%0ay", "nbd://h/x\ny", "nbd://h/x\033", "nbd://h/%7f",
    "nbd://h/%", "nbd://h/%2", "nbd://h/%zz", "nbd://h/%2g", "nbd://h/x#y",
    "nbd://user@h/x", "nbds://user:word@h/x", "nbds://@h/x", "nbds://a%3ab@h/x",
    "nbd://h/x?socket=/s", "nbd+unix:///x", "nbd+unix:///x?socket=",
    "nbd+unix://h/x?socket=/s", "nbd+unix:///x?socket=/s&socket=/t",
    "nbd+unix:///x?socket=/s%00", "nbd+unix:///x?socket", "nbd+unix:///x?socket=a\nb",
    "nbd://h/x?tls-certificates=/c", "nbd://h/x?tls-psk-file=/c",
    "nbds://u@h/x?tls-certificates=/c&tls-psk-file=/k", "nbds://h/x?tls-psk-file=/k",
    "nbds://h/x?tls-certificate=/c", "nbds://h/x?verify=no", "nbds://h/x?=",
    "nbds://h/x?tls-certificates=/c&&", "nbds://h/x?%00=1",
    "http://user:word@h/x", "http://user@h/x", "http://h", "http://h/", "https:///x",
    "http://h/a b", "http://h/a\nb", "http://h/a\"b", "http://h/%00", "http://h/%0d%0a",
    "http://h/x?a b", "http://h/x#y", "http://h\xc3\xa4/x", "http://h:99999/x"
  };

  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_refused (bad[i]);
}

/* An export's name of N letters: 4096 bytes are the protocol's limit, also where
 * each of them is escaped. */
static void
check_length (size_t n, bool escaped, bool taken)
{
  struct image_location l;
  char *text = malloc (3 * n + 16), *end = text;

  assert_non_null (text);
  end += sprintf (end, "nbd://h/");
  for (size_t i = 0; i < n; i++)
    end += sprintf (end, "%s", escaped ? "%61" : "a");
  assert_int_equal (image_location_parse (text, &l), taken ? 0 : -1);
  if (taken) {
    assert_int_equal (strlen (l.export), n);
    assert_int_equal (strlen (l.name), IMAGE_NAME_SIZE - 1);
  }
  image_location_release (&l);
  free (text);
}

static void
test_lengths (void **state)
{
  (void) state;
  check_length (IMAGE_EXPORT_MAX, false, true);
  check_length (IMAGE_EXPORT_MAX, true, true);
  check_length (IMAGE_EXPORT_MAX + 1, false, false);
  check_length (IMAGE_EXPORT_MAX + 1, true, false);
  check_length (100000, false, false);
}

static void
test_escape (void **state)
{
  static const char odd[] = "/a b'\";&=?#%$\\\xc3\xa4.img";
  char *escaped = uri_escape (odd), *back;

  (void) state;
  assert_string_equal (escaped, "/a%20b%27%22%3B%26%3D%3F%23%25%24%5C%C3%A4.img");
  assert_null (uri_decode (escaped, escaped + strlen (escaped), 100, &back));
  assert_string_equal (back, odd);
  free (escaped);
  free (back);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_files),
    cmocka_unit_test (test_tcp),
    cmocka_unit_test (test_tls),
    cmocka_unit_test (test_web),
    cmocka_unit_test (test_refused),
    cmocka_unit_test (test_lengths),
    cmocka_unit_test (test_escape),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
