#!/bin/sh
# SPDX-License-Identifier: MIT
# The integrity export tells intact files from damaged ones, in the order of keys
# that docs/protocol.md gives, and nbdkit survives every one of them.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"
require xz gzip

cd "$TMP"
make_image raw 6
xz -0 -T2 --block-size=1MiB -c raw >blocks.xz
xz -0 -T1 -c raw >one-block.xz
xz -0 --check=none -c raw >unchecked.xz
gzip -1 -c raw >one.gz
{ cat one.gz; printf metadata; } >metadata.gz

# check_state FILE STATE
check_state ()
{
  echo "== $1"
  start_nbdkit "$PLUGIN" "$1"
  integrity_text >text
  cat text
  grep -q "^state=$2\$" text || fail "$1: not $2"
  stop_nbdkit
}

check_intact ()
{
  check_state "$1" intact
  sed 's/=.*//' text | uniq | tr '\n' ' ' >keys
  case $(cat keys) in
    "version state format stored-size disk-size done total stored-xxh3-128 check "* \
      ) ;;
    *) fail "$1: wrong keys: $(cat keys)" ;;
  esac
  size=$(stat -c %s "$1")
  grep -q "^stored-size=$size\$" text || fail "$1: stored-size"
  grep -q "^done=$size\$" text || fail "$1: done"
  grep -q "^disk-size=$(stat -c %s raw)\$" text || fail "$1: disk-size"
  grep -q "^check=$2\$" text || fail "$1: check"
  if command -v xxhsum >/dev/null; then
    grep -q "^stored-xxh3-128=$(xxhsum -H2 <"$1" | cut -c1-32)\$" text ||
      fail "$1: digest"
  fi
}

check_intact raw none
check_intact blocks.xz crc64
check_intact one-block.xz crc64
check_intact unchecked.xz none
grep -q '^note=.*no Check' text || fail "no note"
check_intact one.gz crc32
check_intact metadata.gz crc32
grep -q '^note=8 bytes after the last gzip member' text || fail "no note"

flip ()         # flip FILE OFFSET: change one bit
{
  byte=$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')
  # The format is the byte itself.
  # shellcheck disable=SC2059
  printf "\\$(printf %03o "$((byte ^ 4))")" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

for file in blocks.xz one-block.xz one.gz; do
  size=$(stat -c %s "$file")
  for offset in 2000 $((size / 2)) $((size * 7 / 8)); do
    cp "$file" bad
    flip bad "$offset"
    check_state bad damaged
    grep -q '^error=.' text || fail "no cause"
    if grep -q -e stored-xxh3 -e '^check=' text; then
      fail "a digest of a damaged file"
    fi
  done
done

# Truncated: .gz when it is scanned, .xz when it is opened.
head -c 100000 one.gz >bad
check_state bad damaged
grep -q '^error=truncated: the file ends at byte 100000 in the middle of member 1' \
  text || fail "truncated .gz"
head -c 100000 blocks.xz >bad
if nbdkit -U - "$PLUGIN" bad --run true 2>log; then
  fail "a truncated .xz was served"
fi
grep -q "bad: truncated, or followed by something else" log || fail "$(cat log)"

# A client that leaves in the middle of a scan, and a server that ends then.
start_nbdkit "$PLUGIN" blocks.xz
nbdinfo "$(uri_of integrity)" >/dev/null
stop_nbdkit
