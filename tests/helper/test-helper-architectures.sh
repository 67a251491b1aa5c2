#!/bin/sh
# SPDX-License-Identifier: MIT
# Every helper that was built for boards, by qemu-user where this machine's processor
# is another one: it decodes every format to a disk, reads through a tunnel, and
# finds its way beyond 4 GiB.

set -u
# shellcheck source=tests/functions.sh
. "$(dirname -- "$0")/../functions.sh"
deployed=$top_builddir/helper/deployed
digest_of=$top_builddir/tests/helper/digest-of
journal_at=$top_builddir/tests/helper/journal-at

[ "$(id -u)" -eq 0 ] || skip "loop devices need root"
for tool in nbdkit xz gzip zstd bzip2 zip python3 losetup; do
  command -v "$tool" >/dev/null || skip "$tool is missing"
done

# emulator_of ARCH: what runs its programs, or nothing for this machine's own
emulator_of ()
{
  case $1:$(uname -m) in
    "$(uname -m):$1") ;;
    x86_64:* | aarch64:* | riscv64:*) echo "qemu-$1-static" ;;
    i686:*) "$deployed/flash-helper-i686" --version >/dev/null 2>&1 ||
              echo qemu-i386-static ;;
    armv[67]:*) echo qemu-arm-static ;;
  esac
}

# -- What is to be decoded ----------------------------------------------------

image_size=$((9 * 1048576 + 512))
truncate -s $image_size "$scratch/image"
for at in 0 1 2 5; do
  dd if=/dev/urandom of="$scratch/image" bs=1M count=1 seek=$at conv=notrunc status=none
done
head -c 512 /dev/urandom | dd of="$scratch/image" bs=1M seek=9 conv=notrunc status=none
xz -1 -k --check=sha256 --block-size=4MiB "$scratch/image"
gzip -1 -k "$scratch/image"
zstd -q -1 -k "$scratch/image"
bzip2 -1 -k "$scratch/image"
(cd "$scratch" && zip -q image.zip image)
cp "$scratch/image" "$scratch/image.raw"

# What the formats' own tools make of them.
for format in raw:cat xz:xzcat gz:zcat zst:zstdcat bz2:bzcat zip:'unzip -p'; do
  ${format#*:} "$scratch/image.${format%%:*}" | cmp - "$scratch/image" ||
    fail "${format#*:} does not decode it"
done

# $scratch/large: data on both sides of $border MiB, and right behind; a hole before.
# On 32 bits the border is 4 GiB, and the write goes on from a journal that has come
# nearly there: under an emulator 4 GiB take long.
make_large ()
{
  border=64 begin=0
  case $arch in i686 | armv[67]) border=4096 begin=4064 ;; esac
  large_size=$(((border + 3) * 1048576))
  rm -f "$scratch/large"
  truncate -s $large_size "$scratch/large"
  for at in 0 $((border - 1)) $border $((border + 2)); do
    dd if=/dev/urandom of="$scratch/large" bs=1M count=1 seek=$at conv=notrunc status=none
  done
}

# -- The board's side ---------------------------------------------------------

# make_target BYTES: $loop
make_target ()
{
  [ -z "$loop" ] || losetup -d "$loop"
  loop=
  rm -rf "$scratch/target" "$ram_root"
  mkdir -p "$ram_root/bin" "$ram_root/dev"
  ln -s "$(command -v dd)" "$ram_root/bin/dd"
  truncate -s "$1" "$scratch/target"
  loop=$(losetup --find --show "$scratch/target") || skip "no loop device"
  ln -s "$loop" "$ram_root/dev/target"
  export FLASH_TARGET_SIZE="$1"
}

loop=
ram_root=$scratch/root
# shellcheck disable=SC2016 # later
cleanup_fn '[ -z "$loop" ] || losetup -d "$loop"'
export FLASH_SESSION=0123456789abcdef FLASH_ROOT_DISK=no FLASH_REBOOT=no
export FLASH_IMAGE=image FLASH_TARGET_NAME=the-target FLASH_STATUS_FD=2 FLASH_PATCH=none

# helper COMMAND...: its records go to $scratch/said.
helper ()
{
  # shellcheck disable=SC2086 # no emulator is no word
  $emulator "$program" "$1" -r "$ram_root" >"$scratch/stdout" 2>"$scratch/said" || {
    cat "$scratch/said" >&2
    fail "$arch: $* failed with status $?"
  }
}

said ()
{
  grep -q -e "$1" "$scratch/said" || {
    cat "$scratch/said" >&2
    fail "$arch: it did not say $1"
  }
}

# The first $1 bytes of the target are the file $2's.
expect_target ()
{
  cmp -n "$1" "$2" "$scratch/target" || fail "$arch: the target differs from $2"
}

write_staged ()
{
  make_target $((10 * 1048576))
  cp "$1" "$ram_root/staged"
  FLASH_MODE=ramfs FLASH_VERIFY=full FLASH_DISK_SIZE=$image_size \
    FLASH_STORED_SIZE=$(wc -c <"$1") FLASH_STORED_DIGEST=$("$digest_of" "$1")
  export FLASH_MODE FLASH_VERIFY FLASH_DISK_SIZE FLASH_STORED_SIZE FLASH_STORED_DIGEST
  helper write
  said 'verified pass=1 chunks=10 differing=0'
  expect_target $image_size "$scratch/image"
}

# start_tunnels IMAGE
start_tunnels ()
{
  python3 "$top_srcdir/tests/helper/tunnel-server.py" "$ram_root/socket" \
    nbdkit -s -f -r file "$1" &
  tunnels=$!
  cleanup_process $tunnels
  for _ in $(seq 600); do
    [ ! -S "$ram_root/socket" ] || return 0
    sleep 0.1
  done
  fail "no socket"
}

write_stream ()
{
  make_large
  make_target $((large_size + 1048576))
  start_tunnels "$scratch/large"
  FLASH_MODE=stream FLASH_VERIFY=off FLASH_DISK_SIZE=$large_size
  export FLASH_MODE FLASH_VERIFY FLASH_DISK_SIZE
  if [ $begin -gt 0 ]; then
    "$journal_at" "$ram_root/journal" $((begin * 1048576)) || fail "no journal"
    truncate -s $(((border + 3) * 16)) "$ram_root/digests"
  fi
  helper write
  kill $tunnels
  wait $tunnels 2>/dev/null || :
  said 'state name=verified'
  for at in $begin $((begin + 1)) $((border - 1)) $border $((border + 1)) $((border + 2)); do
    cmp -n 1048576 -i $((at * 1048576)) "$scratch/large" "$scratch/target" ||
      fail "$arch: chunk $at differs"
  done
}

# Asks for a digest beyond the border, and for bytes there.
survey_large ()
{
  printf 'digests %d 1\nread %d 4096\n' $((border + 2)) $((border * 1048576)) \
    >"$scratch/questions"
  # shellcheck disable=SC2086
  $emulator "$program" survey -r "$ram_root" "$FLASH_TARGET_SIZE" <"$scratch/questions" \
    >"$scratch/answers" || fail "$arch: survey failed"
  dd if="$scratch/large" bs=1M skip=$((border + 2)) count=1 of="$scratch/chunk" status=none
  # Behind the marker: 0, 16 bytes; 0, the bytes.
  marker=$(head -n 1 "$scratch/answers" | wc -c)
  digest=$(tail -c +$((marker + 2)) "$scratch/answers" | head -c 16 |
             od -An -v -tx1 | tr -d ' \n')
  [ "$digest" = "$("$digest_of" "$scratch/chunk")" ] || fail "$arch: digest $digest"
  tail -c 4096 "$scratch/answers" >"$scratch/bytes"
  cmp -n 4096 -i 0:$((border * 1048576)) "$scratch/bytes" "$scratch/large" ||
    fail "$arch: other bytes"
}

# -- The plan -----------------------------------------------------------------

tested=0
for program in "$deployed"/flash-helper-*; do
  arch=${program##*/flash-helper-}
  emulator=$(emulator_of "$arch")
  if [ -n "$emulator" ]; then
    command -v "$emulator" >/dev/null || skip "$emulator is missing"
  fi
  echo "# $arch ${emulator:-natively}"
  # shellcheck disable=SC2086
  $emulator "$program" --version | grep -q '^flash-helper .* protocol ' ||
    fail "$arch: --version"
  for format in raw xz gz zst bz2 zip; do
    write_staged "$scratch/image.$format"
  done
  write_stream
  survey_large
  tested=$((tested + 1))
done
[ $tested -gt 1 ] || skip "only this machine's helper was built"
