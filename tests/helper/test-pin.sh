#!/bin/sh
# SPDX-License-Identifier: MIT
# pin keeps in memory the files that the daemons of the network run from, says
# how much that is, leaves out what is too much, and unpin takes it back.

# shellcheck disable=SC2016 # for the inner shell

# shellcheck source=tests/functions.sh
. "$(dirname -- "$0")/../functions.sh"

[ "$(id -u)" = 0 ] || skip "only root can lock memory"
if [ "${FLASH_SANDBOX:-}" != "$test_name" ]; then
  requires unshare --mount --pid --fork --mount-proc true
  rm -rf -- "$scratch"
  export FLASH_SANDBOX="$test_name"
  trap - EXIT
  exec unshare --mount --pid --fork --mount-proc --kill-child \
    sh -c 'sh "$0" & wait $!' "$0"
fi
set -u
helper=$top_builddir/helper/flash-helper

# The note of the last pin.
note ()
{
  sed -n 's/^FLR1 note text=//p' "$scratch/records" | sed 's/%20/ /g'
}

pin ()
{
  FLASH_STATUS_FD=3 "$helper" pin -r "$scratch" 3>"$scratch/records" ||
    fail "pin failed: $(cat "$scratch/records")"
  read -r keeper _ <"$scratch/pins"
}

case $(stat -f -c %T "$scratch") in
  tmpfs | ramfs) skip "the scratch folder lies in memory" ;;
esac
cp "$(command -v sleep)" "$scratch/dhcpcd"
cp "$(command -v sleep)" "$scratch/other"
"$scratch/dhcpcd" 1000 &
"$scratch/other" 1000 &
sleep 0.2
[ -e "/proc/$!/map_files" ] || skip "this kernel does not show mapped files"

pin
note | grep -q '^[1-9][0-9]* files ([0-9]* MB)' || fail "note: $(note)"
grep -q "$scratch/dhcpcd" "/proc/$keeper/maps" || fail "dhcpcd is not pinned"
grep -q "$scratch/other" "/proc/$keeper/maps" && fail "others are pinned"
[ "$(grep -c "$scratch/dhcpcd" "/proc/$keeper/maps")" -eq 1 ] ||
  fail "a file is pinned twice"
locked=$(sed -n 's/^VmLck:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$keeper/status")
[ "$locked" -gt $(($(wc -c <"$scratch/dhcpcd") / 1024)) ] ||
  fail "only $locked KiB are locked"
[ -z "$(ls "/proc/$keeper/fd")" ] || fail "it holds descriptors"

# Once more: instead of the first, not beside it.  The file has no name now.
first=$keeper
rm "$scratch/dhcpcd"
pin
[ ! -e "/proc/$first" ] || grep -q '^State:	Z' "/proc/$first/status" ||
  fail "the first one is still there"
grep -q "dhcpcd (deleted)" "/proc/$keeper/maps" || fail "dhcpcd is not pinned"

"$helper" unpin -r "$scratch" || fail "unpin failed"
[ ! -e "/proc/$keeper" ] || grep -q '^State:	Z' "/proc/$keeper/status" ||
  fail "unpin left it"
[ ! -e "$scratch/pins" ] || fail "unpin left the file"
"$helper" unpin -r "$scratch" || fail "the second unpin failed"

# With little memory the programs come first, and what is left out is said.
echo 'MemAvailable:       3000 kB' >"$scratch/meminfo"
mount --bind "$scratch/meminfo" /proc/meminfo || skip "no bind mounts"
pin
note | grep -q '; [1-9][0-9]* files ([0-9]* MB) are left out' ||
  fail "note: $(note)"
locked=$(sed -n 's/^VmLck:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$keeper/status")
grep -q "dhcpcd" "/proc/$keeper/maps" || fail "dhcpcd is left out"
"$helper" unpin -r "$scratch"

# One that cannot be locked (a bad sector, say) is no reason to stop; when none
# can, it says why.
unable ()
{
  FLASH_STATUS_FD=3 prlimit --memlock="$1:$1" setpriv --bounding-set -ipc_lock \
    --inh-caps -ipc_lock "$helper" pin -r "$scratch" 3>"$scratch/records"
}
requires prlimit --version
requires setpriv --version
umount /proc/meminfo
sleep_size=$(wc -c <"$scratch/other")
unable $((sleep_size / 4096 * 4096 + 8192)) ||
  fail "a file too many: $(cat "$scratch/records")"
note | grep -q "can't be locked" || fail "note: $(note)"
unable 0 && fail "nothing is locked, and it goes on"
grep -q '^FLR1 error .*CAP_IPC_LOCK' "$scratch/records" ||
  fail "no word of why: $(cat "$scratch/records")"
"$helper" unpin -r "$scratch"

# The number in the file belongs to somebody else now.
echo "$! 1" >"$scratch/pins"
"$helper" unpin -r "$scratch" || fail "unpin failed"
kill -0 $! || fail "unpin killed another process"
