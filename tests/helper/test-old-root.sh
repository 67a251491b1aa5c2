#!/bin/sh
# SPDX-License-Identifier: MIT
# The commands that reach back to the old root: on-old-root, read-write,
# wait-read-only, swap.  The "old root" here is the sandbox.

. "$(dirname -- "$0")/session-side.sh"
requires mkfs.ext4 -V
requires perl -e 1
enter_sandbox "$@"
make_disk 16777216
mkfs.ext4 -q "$disk" || fail "mkfs"
mkdir "$scratch/my mount"
make_session_file

# Run the shell lines of stdin in flash.sh's place, then go on here when they
# have said `ready`.
run_inside ()
{
  {
    echo '[ -z "${FLASH_UNDO:-}" ] ||'
    echo '  exec flash-helper say end "result=$FLASH_UNDO" written=no'
    cat
    echo 'flash-helper say ready'
    echo 'flash-helper wait-for-go'
    echo 'flash-helper say end result=aborted written=no'
  } >"$scratch/stand-in.sh"
  deploy "$scratch/stand-in.sh" || fail "deploy: $(cat "$scratch/deploy.err")"
  attach a
}

end_inside ()
{
  request abort $session_id >/dev/null || fail "abort"
  hang_up a
  expect_clean
}

echo "# a program of the old root, with nothing of the session's"
echo marker >"$scratch/marker"
run_inside <<END
[ -e "$scratch/marker" ] && echo the old root is visible
flash-helper on-old-root cat "$scratch/marker"
flash-helper on-old-root env
flash-helper on-old-root sh -c 'ls /proc/self/fd | tr "\n" " "'; echo
flash-helper on-old-root no-such-program; echo status \$?
flash-helper on-old-root perl -e 'print "left ", alarm (0), "\n"'
END
expect_record a '^FLR1 ready$'
expect_record a '^FLR1 note text=marker$'
expect_record a '^FLR1 note text=PATH=/usr/local/sbin:'
expect_record a '^FLR1 note text=0%201%202%203%20$' # 3: ls's own
expect_record a '^FLR1 note text=no-such-program:%20No%20such'
expect_record a '^FLR1 note text=status%20127$'
expect_record a '^FLR1 note text=left%20[1-9][0-9]*$' # never for ever
has_record a 'visible' && fail "the session stands in the old root"
has_record a 'FLASH_' && fail "the old root's programs see FLASH_*"
end_inside

echo "# wait-read-only ends when the last mount is read-only"
run_inside <<'END'
while ! flash-helper on-old-root test -e /run/mounted; do sleep 0.2; done
flash-helper read-write
echo waiting
flash-helper wait-read-only && echo all read-only
END
mount "$disk" "$scratch/my mount" || fail "mount"
touch /run/mounted
expect_record a '^FLR1 note text=waiting$'
has_record a "note text=$scratch/my%20mount\$" ||
  fail "read-write does not list it: $(cat "$scratch/records.a")"
sleep 1.5
has_record a 'all%20read-only' && fail "it did not wait"
mount -o remount,ro "$scratch/my mount" || fail "remount"
expect_record a '^FLR1 note text=all%20read-only$'
umount "$scratch/my mount"
rm /run/mounted
end_inside

echo "# also when only another mount namespace has it"
run_inside <<'END'
while ! flash-helper on-old-root test -e /run/mounted; do sleep 0.2; done
echo waiting
flash-helper wait-read-only && echo all read-only
END
unshare --mount sh -c "mount '$disk' '$scratch/my mount' && touch /run/mounted &&
  while [ -e /run/mounted ]; do sleep 0.1; done" &
expect_record a '^FLR1 note text=waiting$'
sleep 1.5
has_record a 'all%20read-only' && fail "it did not look there"
rm /run/mounted
expect_record a '^FLR1 note text=all%20read-only$'
end_inside

echo "# swap: listed when it lies on the target, switched off and on"
mount "$disk" "$scratch/my mount" || fail "mount"
dd if=/dev/zero of="$scratch/my mount/swap file" bs=65536 count=16 2>/dev/null
chmod 600 "$scratch/my mount/swap file"
mkswap "$scratch/my mount/swap file" >/dev/null || skip "no mkswap"
umount "$scratch/my mount"
run_inside <<'END'
while ! flash-helper on-old-root test -e /run/mounted; do sleep 0.2; done
flash-helper swap list >/list; echo "before: $(cat /list)"
read -r priority path </list
flash-helper swap off "$path"; echo "off: $?"
flash-helper swap list >/list2; echo "after: $(cat /list2)."
flash-helper swap on "$priority" "$path"; echo "on: $?"
flash-helper swap list >/list3; echo "again: $(cat /list3)"
flash-helper swap off "$path"
END
mount "$disk" "$scratch/my mount" || fail "mount"
cleanup_fn "umount '$scratch/my mount'"
swapon --priority 3 "$scratch/my mount/swap file" || skip "no swapon here"
cleanup_fn "swapoff '$scratch/my mount/swap file' 2>/dev/null"
touch /run/mounted
area="$scratch/my%20mount/swap%20file"
expect_record a '^FLR1 ready$'
expect_record a "^FLR1 note text=before:%203%20$area\$"
expect_record a '^FLR1 note text=off:%200$'
expect_record a '^FLR1 note text=after:%20.$'
expect_record a '^FLR1 note text=on:%200$'
expect_record a "^FLR1 note text=again:%203%20$area\$"
end_inside
