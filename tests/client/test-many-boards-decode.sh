#!/bin/sh
# SPDX-License-Identifier: MIT
# Four boards cost hardly more decoding than one: at most 1.2 times its Blocks, and every byte is right.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"

board_disk_mb=128
start_boards 4
make_image "$scratch/new.img" 96
xz -0 -k -T2 --block-size=1MiB "$scratch/new.img"
set -- $board_names

# nbdkit tells at the end of each connection what was decoded until then: one more is
# made before it ends.  Its cache holds two thirds of the image.
requires nbdinfo --version
nbdkit_path=$(command -v nbdkit)
mkdir "$scratch/talkative"
cat >"$scratch/talkative/nbdkit" <<END
#!/bin/sh
echo "parameters: \$*" >>"$scratch/nbdkit.log"
"$nbdkit_path" -v -D flashimage.cache=1 "\$@" cache=64M 2>>"$scratch/nbdkit.log" &
nbdkit=\$!
socket=\$(printf '%s\n' "\$@" | sed -n '/^-U\$/{n;p;}')
trap 'nbdinfo --size "nbd+unix:///?socket=\$socket" >/dev/null; kill \$nbdkit' TERM
wait \$nbdkit
wait \$nbdkit
END
chmod 755 "$scratch/talkative/nbdkit"
PATH=$scratch/talkative:$PATH

# decoded_by ARGUMENTS...: flash, and say how many Blocks that took.
decoded_by ()
{
  : >"$scratch/nbdkit.log"
  flash --device /run/board-disk --stream "$@" "$scratch/new.img.xz"
  expect_status 0
  decoded=$(sed -n 's/.*cache: .*decoded=\([0-9]*\).*/\1/p' "$scratch/nbdkit.log" |
              sort -n | tail -n 1)
  [ -n "$decoded" ] || fail "nbdkit tells no figures"
}

# The first flash reads the image to prove it, which is remembered.
flash --device /run/board-disk --dry-run "root@$1" "$scratch/new.img.xz"
for_boards fill_target
decoded_by --confirm "$1" "root@$1"
one=$decoded
[ "$one" -ge 48 ] || fail "one board took $one Blocks, of 96 and half of them empty"
! grep '^parameters:' "$scratch/nbdkit.log" | grep share= ||
  fail "memory is kept for other boards where there is one"
for_boards fill_target
# shellcheck disable=SC2046
decoded_by --confirm 4 $(as_root "$@")
grep '^parameters:' "$scratch/nbdkit.log" | grep -q share=yes ||
  fail "boards that begin later would have all decoded again"
echo "Blocks decoded: one board $one, four boards $decoded"
[ "$((decoded * 10))" -le "$((one * 12))" ] ||
  fail "four boards took $decoded Blocks, one took $one"
for_boards expect_flashed "$scratch/new.img"
for_boards expect_rest_untouched "$scratch/new.img"
for_boards expect_clean
