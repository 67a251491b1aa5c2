#!/bin/sh
# SPDX-License-Identifier: MIT
# fish completes options, values, boards, images and the exports of a server.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
requires fish --version
# shellcheck source=tests/install/completion-test.sh
. "$(dirname "$0")/completion-test.sh"

script=$top_srcdir/completion/fish/flash-live-remote.fish
fish --no-execute "$script" || fail "fish does not understand it"

# Without the descriptions that follow after a tabulator.
offers ()
{
  # shellcheck disable=SC2016 # fish's variable
  fish --no-config -c 'source $argv[1]; complete --do-complete $argv[2]' "$script" "$1" |
    cut -f 1
}

prepare_home
check_completion
offered 'flash-live-remote --keep hostname,n' hostname,network
offered 'flash-live-remote --verify=s' --verify=sample
