#!/bin/sh
# SPDX-License-Identifier: MIT
# bash completes options, values, boards, images and the exports of a server.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
requires bash --version
requires pkg-config --exists bash-completion
# shellcheck source=tests/install/completion-test.sh
. "$(dirname "$0")/completion-test.sh"

offers ()
{
  bash "$top_srcdir/tests/install/complete.bash" "$top_srcdir/completion/bash" "$1"
}

prepare_home
check_completion
offered 'flash-live-remote --verify=s' sample
offered 'flash-live-remote --keep hostname,n' hostname,network
printf 'Host other-board\n' >other-config
offered 'flash-live-remote -F other-config ' other-board
not_offered named-board

# The image server's keys.
flash-image-server-setup --help | grep -oE -- '^  --[a-z]+' | tr -d ' ' >"$scratch/options"
[ "$(wc -l <"$scratch/options")" -eq 6 ] || fail "no options were found"
# shellcheck disable=SC2046 # words
offered 'flash-image-server-setup --' $(cat "$scratch/options")
offered 'flash-image-server-setup ' server user psk revoke renew list
group=$(id -gn)
mkdir "$scratch/keys"
for words in 'server images.lan' 'user alice'; do
  # shellcheck disable=SC2086 # words
  flash-image-server-setup --directory "$scratch/keys" --output "$scratch" \
    --group "$group" $words >"$scratch/words" 2>&1 || {
    cat "$scratch/words" >&2
    fail "flash-image-server-setup $words"
  }
done
offered "flash-image-server-setup --directory $scratch/keys revoke " alice
not_offered server
offered "flash-image-server-setup --directory=$scratch/keys renew " alice server
