/* SPDX-License-Identifier: MIT */
#include "client-test.h"

#include "partition-uses.h"

static void
test_uses (void **state)
{
  const struct target_probe b = {
    .mounts = { { "sda1", "ext4", "/" }, { "dm-1", "swap", NULL },
                { "sda1", "swap", NULL }, { "dm-0", "xfs", "/home" },
                { "dm-0", "xfs", "/srv" } },
    .nr_mounts = 5,
    .upon = { { "sda2", "dm-2", "crypt (LUKS)" }, { "sda2", "dm-0", "vg-home (LVM)" },
              { "sda2", "dm-1", "vg-swap (LVM)" } },
    .nr_upon = 3,
  };
  char uses[PARTITION_USES_MAX];

  (void) state;
  partition_uses (&b, "sda1", uses);
  assert_string_equal (uses, "ext4 on /; swap");
  partition_uses (&b, "sda2", uses);
  assert_string_equal (uses, "crypt (LUKS); vg-home (LVM): xfs on /home; "
                       "xfs on /srv; vg-swap (LVM): swap");
  partition_uses (&b, "sda", uses);
  assert_string_equal (uses, "");
}

/* A board that says a lot. */
static void
test_cut (void **state)
{
  struct target_probe b = { .nr_mounts = PROBE_MOUNTS_MAX };
  char uses[PARTITION_USES_MAX];

  (void) state;
  for (unsigned i = 0; i < PROBE_MOUNTS_MAX; i++)
    b.mounts[i] = (struct probe_mount) { "sda1", "ext4", "/a/long/name" };
  partition_uses (&b, "sda1", uses);
  assert_int_equal (strlen (uses), PARTITION_USES_MAX - 1);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_uses),
    cmocka_unit_test (test_cut),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
