#!/bin/sh
# SPDX-License-Identifier: MIT
# zsh completes options, values, boards, images and the exports of a server.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
requires zsh --version
# shellcheck source=tests/install/completion-test.sh
. "$(dirname "$0")/completion-test.sh"

folder=$top_srcdir/completion/zsh
zsh -n "$folder/_flash-live-remote" || fail "zsh does not understand it"

offers ()
{
  zsh -f "$top_srcdir/tests/install/complete.zsh" "$scratch/answers" "$folder" "$1" ||
    fail "no answer to: $1"
  grep -vx -e READY -e END "$scratch/answers" || :
}

prepare_home
check_completion
printf 'Host other-board\n' >other-config
offered 'flash-live-remote -F other-config ' other-board
not_offered named-board
