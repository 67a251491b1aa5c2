/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "session-summary.h"

static char text[8192];

/* What is printed for a RECORD, which is changed, into TEXT. */
static void
print (char *record, const struct options *options)
{
  struct session_report r = { .text = record };
  FILE *f = fmemopen (text, sizeof text, "w");

  assert_non_null (f);
  assert_true (status_parse (record, &r.record));
  session_summary_print (f, options->host, &r);
  session_summary_advise (f, options, &r);
  fclose (f);
}

#define BOARD "FLR1 session session=0123456789abcdef mode=stream " \
  "target=8:0 target-name=sda target-size=32000000000 reboot=yes format=xz " \
  "stored-size=1000000 disk-size=4000000 stored-digest=00 verify=full " \
  "lifeboat=held "

#define ASSERT_SAYS(words) assert_non_null (strstr (text, (words)))
#define ASSERT_SAYS_NOT(words) assert_null (strstr (text, (words)))

static void
test_states (void **state)
{
  const struct options o = { .host = "board" };
  char writing[] = BOARD "root-disk=yes image=a.img.xz state=writing attached=no "
                   "phase=copy done=1000000 total=4000000";
  char attached[] = BOARD "root-disk=yes image=a.img.xz state=writing attached=yes";
  char stopped[] = BOARD "root-disk=yes image=a.img.xz state=stopped attached=no";
  char ready[] = BOARD "root-disk=yes image=a.img.xz state=ready attached=no";
  char verified[] = BOARD "root-disk=yes image=a.img.xz state=verified attached=no";
  char failed[] = BOARD "root-disk=no image=a.img.xz state=failed attached=no";
  char strange[] = "FLR1 session state=dancing total=0 done=5 phase=foxtrot";

  (void) state;
  print (writing, &o);
  ASSERT_SAYS ("writing: 1.0 MB of 4.0 MB (25 %)");
  ASSERT_SAYS ("none is attached");
  ASSERT_SAYS ("in the place of the board's sshd");
  ASSERT_SAYS ("\n  flash-live-remote --stream board a.img.xz\n");
  ASSERT_SAYS ("\n  flash-live-remote abandon board\n");
  print (attached, &o);
  ASSERT_SAYS ("nothing needs to be done");
  ASSERT_SAYS_NOT ("--stream board");
  print (stopped, &o);
  ASSERT_SAYS ("a write failed");
  ASSERT_SAYS ("try again");
  print (ready, &o);
  ASSERT_SAYS ("nothing was written");
  ASSERT_SAYS_NOT ("phase ");
  print (verified, &o);
  ASSERT_SAYS ("reboots into the new system");
  ASSERT_SAYS_NOT ("abandon board");
  print (failed, &o);
  ASSERT_SAYS ("begins anew");
  ASSERT_SAYS_NOT ("once it is off");
  print (strange, &o);
  ASSERT_SAYS ("dancing");
  ASSERT_SAYS ("foxtrot");
  ASSERT_SAYS ("once it is off");
}

/* The command can be pasted into a shell, whatever the board calls its image. */
static void
test_command (void **state)
{
  char user[] = "pi";
  const struct options o = {
    .host = "board", .user = user, .port = 2222, .config_file = "my config",
    .identities = { "id" }, .nr_identities = 1, .session_key = "$key"
  };
  char record[] = BOARD "root-disk=no state=writing attached=no "
                  "image=it's%20$(reboot).img";

  (void) state;
  print (record, &o);
  ASSERT_SAYS ("flash-live-remote --stream --device /dev/sda -p 2222 "
               "-F 'my config' -i id --session-key '$key' pi@board "
               "'it'\\''s $(reboot).img'\n");
}

static void
test_stages (void **state)
{
  static const struct { const char *name; enum session_stage stage; } stages[] = {
    { "preparing", STAGE_UNWRITTEN }, { "ready", STAGE_UNWRITTEN },
    { "writing", STAGE_PARTLY_WRITTEN }, { "stopped", STAGE_PARTLY_WRITTEN },
    { "failed", STAGE_PARTLY_WRITTEN }, { "verified", STAGE_WRITTEN },
    { "done", STAGE_WRITTEN }, { "unheard-of", STAGE_PARTLY_WRITTEN },
  };

  (void) state;
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
    char record[64];
    struct session_report r = { .text = record };

    snprintf (record, sizeof record, "FLR1 session state=%s", stages[i].name);
    assert_true (status_parse (record, &r.record));
    assert_int_equal (session_status_stage (&r), stages[i].stage);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_states),
    cmocka_unit_test (test_command),
    cmocka_unit_test (test_stages),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
