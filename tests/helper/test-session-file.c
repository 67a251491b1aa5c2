/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <sys/sysmacros.h>

#include "session-file.h"
#include "session-side.h"

#define GOOD \
  "session=0123456789abcdef\nmode=stream\ntarget=179:0\n" \
  "target-name=mmcblk0\ntarget-size=1000000\nroot-disk=yes\nreboot=no\n" \
  "stop-services=container-*%20docker\nimage=my%20image.img.xz\n" \
  "format=xz\nstored-size=1000\ndisk-size=999999\n" \
  "stored-digest=0123456789abcdef0123456789abcdef\n" \
  "verify=full\n" \
  "patch=none\n" \
  "patch-options=0123456789abcdef0123456789abcdef\n" \
  "lifeboat=yes\n" \
  "lifeboat-port=0\n"

static struct session_file *
read_text (const char *text)
{
  char path[32];

  make_file (path, text);
  struct session_file *file = session_file_read (path);
  assert_int_equal (unlink (path), 0);
  return file;
}

static void
test_values (void **state)
{
  struct session_file *file = read_text (GOOD "later-key=x\n");

  (void) state;
  assert_non_null (file);
  assert_string_equal (session_file_get (file, "image"), "my image.img.xz");
  assert_true (session_file_says (file, "mode", "stream"));
  assert_false (session_file_says (file, "mode", "ramfs"));
  assert_int_equal (session_file_number (file, "disk-size"), 999999);
  assert_true (session_file_target (file) == makedev (179, 0));
  assert_int_equal (session_file_export (file), 0);
  assert_string_equal (getenv ("FLASH_STOP_SERVICES"), "container-* docker");
  assert_string_equal (getenv ("FLASH_ROOT_DISK"), "yes");
  assert_null (getenv ("FLASH_LATER_KEY"));
  session_file_free (file);
}

/* GOOD with the line of KEY replaced. */
static char *
with_line (const char *key, const char *line)
{
  char *text = malloc (strlen (GOOD) + strlen (line) + 2);
  const char *at = strstr (GOOD, key);

  assert_non_null (text);
  assert_non_null (at);
  sprintf (text, "%.*s%s%s", (int) (at - GOOD), GOOD, line, strchr (at, '\n'));
  return text;
}

static void
test_refusals (void **state)
{
  static const char *const lines[][2] = {
    { "session=", "session=0123456789abcde" },
    { "session=", "session=0123456789ABCDEF" },
    { "session=", "session=0123456789abcdef0" },
    { "mode=", "mode=Stream" },
    { "mode=", "mode" },
    { "target=", "target=179" },
    { "target=", "target=179:0x1" },
    { "target=", "target=-1:0" },
    { "target-name=", "target-name=../mmcblk0" },
    { "target-name=", "target-name=" },
    { "target-size=", "target-size=+1000000" },
    { "target-size=", "target-size=9999999999999999999" },
    { "target-size=", "target-size=999998" },
    { "root-disk=", "root-disk=maybe" },
    { "stop-services=", "stop-services=a;b" },
    { "stop-services=", "stop-services=a%0Ab" },
    { "image=", "image=" },
    { "image=", "image=%1B[2J" },
    { "image=", "image=%zz" },
    { "image=", "image=a%00b" },
    { "format=", "format=lz4" },
    { "stored-digest=", "stored-digest=0123" },
    { "verify=", "verify=half" },
    { "patch=", "patch=" },
    { "patch=", "patch=no" },
    { "patch=", "patch=0123456789abcdef" },
    { "patch-options=", "patch-options=x" },
    { "lifeboat=", "lifeboat=maybe" },
    { "lifeboat-port=", "lifeboat-port=65536" },
    { "reboot=", "reboot=no\nreboot=yes" },
  };

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    char *text = with_line (lines[i][0], lines[i][1]);
    struct session_file *file = read_text (text);

    if (file)
      print_error ("accepted: %s\n", lines[i][1]);
    assert_null (file);
    free (text);
  }
  assert_null (read_text (""));
  assert_null (session_file_read ("no-such-file"));
}

static void
test_too_long (void **state)
{
  char *text = malloc (2 * SESSION_FILE_MAX);
  size_t len = strlen (GOOD);

  (void) state;
  assert_non_null (text);
  memcpy (text, GOOD, len);
  while (len < SESSION_FILE_MAX + 10)
    len += (size_t) sprintf (text + len, "k=v\n");
  assert_null (read_text (text));
  free (text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_values),
    cmocka_unit_test (test_refusals),
    cmocka_unit_test (test_too_long),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
