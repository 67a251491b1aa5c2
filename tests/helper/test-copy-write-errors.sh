#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk that refuses writes: each failure is tried again a few times; what goes
# on failing ends the write with the place, dd's words and the kernel's, and the
# next write goes on.  The disk is a loop device over a file for which its file
# system has no room.

. "${srcdir:=.}/data-side.sh"
requires nbdkit losetup

export TEST_SERVER="$file_server"
make_image $((40 * 1048576))
mkdir "$dir/small"
mount -t tmpfs -o size=16896k tmpfs "$dir/small" 2> /dev/null ||
    skip "a tmpfs can't be mounted here"
truncate -s 40M "$dir/small/disk"
loop=$(losetup --find --show "$dir/small/disk" 2> /dev/null) ||
    skip "no loop device"
ln -s "$loop" "$dir/dev/target"
export FLASH_TARGET_SIZE=$((40 * 1048576)) FLASH_TARGET_NAME="${loop#/dev/}"

# For good.
run_must_fail write
bad=$(sed -n 's/^error .* 1048576 bytes at offset \([0-9]*\),.*/\1/p' "$dir/out")
case $(grep -c "^note text=writing 1048576 bytes at offset $bad failed: .*again$" \
           "$dir/out") in
    2 | 3) ;;                   # the try as part of a longer run may be the first
    *) fail "the tries at offset $bad" ;;
esac
said "^error written=partial text=$FLASH_TARGET_NAME does not take 1048576 bytes \
at offset [0-9]*, tried 4 times: dd ended with status 1; it says: .*the kernel says: "
if [ -r /dev/kmsg ]; then
    said "the kernel says: .*error, dev $FLASH_TARGET_NAME"
fi
not_said "name=read-back"

# For a while, and only the flush tells, for this dd goes through the cache: there
# is room before the last try.
cat > "$dir/dd-buffered" << END
#!/bin/sh
case "\$*" in *direct*) echo "Invalid argument" >&2; exit 1 ;; esac
exec $(command -v dd) "\$@"
END
chmod +x "$dir/dd-buffered"
: > "$dir/out"
{
    until grep -q "^note text=writing .* failed: " "$dir/out"; do sleep 0.05; done
    mount -o remount,size=64m "$dir/small"
} &
FLASH_DD="$dir/dd-buffered" run write
wait $!
said "^note text=going on at offset 16777216"
said "^note text=writing .* failed: dd .*fsync"
said "^state name=verified"
cmp "$dir/image" "$loop" || fail "the target differs from the image"

# A dd that is killed at each place once: tries are counted for each chunk.
cat > "$dir/dd-killed" << END
#!/bin/sh
for a; do case \$a in seek=*) seek=\${a#seek=} ;; esac; done
if ! [ -e $dir/killed.\$seek ]; then touch $dir/killed.\$seek; kill -9 \$\$; fi
exec $(command -v dd) "\$@"
END
chmod +x "$dir/dd-killed"
make_image $((6 * 1048576))
make_target $((8 * 1048576))
FLASH_DD="$dir/dd-killed" run write
[ "$(grep -c '^note text=writing .* failed: dd was killed by signal 9; .*again$' \
    "$dir/out")" -eq 5 ] || fail "not five failures"
check_target
