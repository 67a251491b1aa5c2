# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What every shell's completion must offer; sourced after tests/functions.sh by a
# test that defines
#
#   offers LINE    what the shell offers after LINE, a word a line

# shellcheck source=tests/client/image-servers.sh
. "$top_srcdir/tests/client/image-servers.sh"

# prepare_home: boards in ssh's files, images in a folder, which becomes the cwd.
prepare_home ()
{
  HOME=$scratch/home
  PATH=$top_builddir/client:$top_builddir/image-server:$PATH
  export HOME PATH
  mkdir -p "$HOME/.ssh/conf.d" "$HOME/folder"
  printf 'Include conf.d/*.conf\nHost named-board wild-*\n  User pi\n' >"$HOME/.ssh/config"
  printf 'Host included-board\n' >"$HOME/.ssh/conf.d/lab.conf"
  cat >"$HOME/.ssh/known_hosts" <<END
|1|aGFzaGVk|bmFtZQ== ssh-ed25519 AAAA
known-board,10.9.8.7 ssh-ed25519 AAAA
[ported-board]:2222 ssh-ed25519 AAAA
END
  # The endings that the plugin knows.
  sed -n '/suffixes\[\] = {/,/}/p' "$top_srcdir/nbdkit-plugin/export-name.c" |
    grep -o '"\.[a-z0-9]*"' | tr -d '"' >"$scratch/endings"
  [ "$(wc -l <"$scratch/endings")" -ge 10 ] || fail "no endings were found"
  while read -r ending; do
    : >"$HOME/folder/an-image$ending"
  done <"$scratch/endings"
  : >"$HOME/folder/a-text.txt"
  cd "$HOME/folder" || exit 99
}

# offered LINE WORD...: these are among what is offered after LINE.
offered ()
{
  line=$1
  shift
  offers "$line" >"$scratch/offers"
  for word; do
    grep -qxF -- "$word" "$scratch/offers" || {
      cat "$scratch/offers" >&2
      fail "after '$line' there is no offer of $word"
    }
  done
}

# not_offered WORD...: these are not among what was offered last.
not_offered ()
{
  for word; do
    ! grep -qxF -- "$word" "$scratch/offers" || fail "after '$line' $word is offered"
  done
}

check_options ()
{
  flash-live-remote --help | grep -oE -- '--[a-z][a-z-]*' | sort -u >"$scratch/options"
  [ "$(wc -l <"$scratch/options")" -ge 20 ] || fail "no options were found"
  # shellcheck disable=SC2046 # words
  offered 'flash-live-remote --' $(cat "$scratch/options")
  for option in -p -i -F -o; do
    offered 'flash-live-remote -' "$option"
  done
}

check_values ()
{
  offered 'flash-live-remote --verify ' full sample off
  offered 'flash-live-remote --ssh ' libssh openssh
  offered 'flash-live-remote --keep ' ssh-host-keys hostname network authorized-keys \
    machine-id
}

check_boards ()
{
  for line in 'flash-live-remote ' 'flash-live-remote status ' \
              'flash-live-remote --host-key key.pub ' \
              'flash-live-remote --settings none status ' \
              'flash-live-remote --verify full ' 'flash-live-remote named-board '; do
    offered "$line" named-board included-board known-board ported-board 10.9.8.7
    not_offered 'wild-*' '|1|aGFzaGVk|bmFtZQ=='
  done
  offered 'flash-live-remote pi@k' pi@known-board
  offered 'flash-live-remote ' status abandon verify images
  offered 'flash-live-remote status known-board '
  not_offered named-board an-image.img
}

check_images ()
{
  for line in 'flash-live-remote known-board ' 'flash-live-remote verify known-board ' \
              'flash-live-remote --local '; do
    # shellcheck disable=SC2046 # words
    offered "$line" $(sed 's/^/an-image/' "$scratch/endings")
    not_offered a-text.txt
  done
}

# exports_offered LINE BEGINNING: the images of the server are among what is offered
# after LINE.  A shell may leave away of a word what stands before its last colon, so
# BEGINNING is a pattern for what comes before their names.
exports_offered ()
{
  offers "$1" >"$scratch/offers"
  for name in tools.img halos/marine.img; do
    grep -qx "\($2\)$name" "$scratch/offers" || {
      cat "$scratch/offers" >&2
      fail "after '$1' there is no offer of $name"
    }
  done
}

check_exports ()
{
  mkdir -p "$scratch/images/halos"
  seq 100000 >"$scratch/images/tools.img"
  seq 100000 >"$scratch/images/halos/marine.img"
  start_nbd_server "$top_builddir/nbdkit-plugin/.libs/nbdkit-flashimage-plugin.so" \
    "dir=$scratch/images"
  server=nbd://127.0.0.1:$port
  offered 'flash-live-remote images ' nbds://
  for line in "flash-live-remote known-board $server/" \
              "flash-live-remote images $server/"; do
    exports_offered "$line" "$server/\|//127.0.0.1:$port/\|$port/"
  done
  mkdir -p "$XDG_CONFIG_HOME/flash-live-remote"
  printf 'image-server = %s\n' "$server" >"$XDG_CONFIG_HOME/flash-live-remote/config"
  exports_offered 'flash-live-remote known-board server:' 'server:\|'
  # Nobody is asked before the server's name is whole; a silent one is not waited for.
  offers "flash-live-remote images $server" >"$scratch/offers"
  ! grep -q tools.img "$scratch/offers" || fail "names before the slash"
  kill -STOP "$server_pid"
  offers "flash-live-remote images $server/" >"$scratch/offers"
  ! grep -q tools.img "$scratch/offers" || fail "names of a server that is silent"
  kill -CONT "$server_pid"
}

check_completion ()
{
  check_options
  check_values
  check_boards
  check_images
  check_exports
}
