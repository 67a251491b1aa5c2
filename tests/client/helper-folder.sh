# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A folder of helpers made for a test, in place of the build's; sourced after
# flash-test.sh, for boards that say what they like about themselves.

# make_helper_folder: with the scripts and without a program
make_helper_folder ()
{
  FLASH_LIVE_REMOTE_HELPER_DIR=$scratch/helpers
  mkdir "$FLASH_LIVE_REMOTE_HELPER_DIR"
  cp "$top_srcdir"/helper/*.sh "$FLASH_LIVE_REMOTE_HELPER_DIR"
}

# add_helper ARCH: one that runs on this machine, whatever its name says
add_helper ()
{
  cp "$top_builddir/helper/flash-helper" \
    "$FLASH_LIVE_REMOTE_HELPER_DIR/flash-helper-$1"
}

# add_foreign_helper ARCH: one that no machine runs
add_foreign_helper ()
{
  printf '\177ELF\377\377\377 of no machine\n' \
    >"$FLASH_LIVE_REMOTE_HELPER_DIR/flash-helper-$1"
}

# need_built NAME: the build has this program for boards
need_built ()
{
  [ -x "$top_builddir/helper/deployed/$1" ] ||
    skip "$1 was not built (configure's summary says why)"
}
