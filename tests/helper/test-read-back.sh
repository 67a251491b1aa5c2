#!/bin/sh
# SPDX-License-Identifier: MIT
# The quotes within TEST_SERVER are for the sh that runs it.
# shellcheck disable=SC2089,SC2090
# Something changes the target after the copy: it is found, repaired from the
# source, and found clean by the next pass.  A medium that does not keep what it
# is given ends in an error.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export TEST_SERVER="$file_server" FLASH_ROOT_DISK=yes
make_image $((37 * 1048576 + 333))

# Chunk 0, one that was zeroed, one in the middle, the tail.
for offset in 5 $((3 * 1048576 + 7)) $((16 * 1048576)) $((FLASH_DISK_SIZE - 1))
do
    make_target $((40 * 1048576))
    TEST_AFTER_COPY="printf '\\125' | dd of=$dir/dev/target bs=1 seek=$offset \
        conv=notrunc,fsync status=none" run write
    check_target
    said "^repaired offset=[0-9]* length=[0-9]*$"
    said "^verified pass=1 chunks=38 differing=1 repaired=1$"
    said "^verified pass=2 chunks=38 differing=0 repaired=0$"
done

# What was started meanwhile is frozen before each pass, and nothing is thawed.
story=$(sed -n -e 's/^test text=\(freeze\|thaw\)/\1/p' \
            -e 's/^\(verified\).*/\1/p' -e 's/^state name=verified/state/p' \
            "$dir/out" | tr '\n' ' ')
[ "$story" = "freeze verified freeze verified state " ] || fail "story: $story"

# The heads are kept for a reboot only.
[ -s "$dir/heads" ] || fail "no heads"
rm "$dir/heads"
make_target $((40 * 1048576))
FLASH_REBOOT=no run write
check_target
[ ! -e "$dir/heads" ] || fail "heads without a reboot"

# The tunnel breaks in the repair.
make_target $((40 * 1048576))
TEST_SERVER_1="./cut-after 23500000 \"$file_server\"" \
    TEST_AFTER_COPY="head -c 9000000 /dev/urandom | dd of=$dir/dev/target bs=1M \
        seek=1 conv=notrunc,fsync status=none" run write
check_target
said "^waiting offset="
said "^verified pass=2 .*differing=0"

# A dd that flips a byte once: a worn cell, found and cured.
cat > "$dir/dd-flipping" << END
#!/bin/sh
$(command -v dd) "\$@" || exit
for a; do case \$a in seek=*) seek=\${a#seek=} ;; esac; done
[ "\$seek" = 16777216 ] || exit 0
if ! [ -f $dir/always ] && [ -f $dir/flipped ]; then exit 0; fi
touch $dir/flipped
printf '\\125' | $(command -v dd) of=$dir/dev/target bs=1 seek=16777300 \
    conv=notrunc,fsync status=none
END
chmod +x "$dir/dd-flipping"
export FLASH_DD="$dir/dd-flipping"
make_target $((40 * 1048576))
run write
check_target
said "^verified pass=1 chunks=38 differing=1 repaired=1$"

# Always: five passes, then an error that says where.
make_target $((40 * 1048576))
touch "$dir/always"
run_must_fail write
said "^verified pass=5 chunks=38 differing=1 repaired=0$"
said "^error written=partial text=.*offset 16777216"
not_said "state name=verified"

# A medium that silently drops a write: the old bytes stay.
cat > "$dir/dd-dropping" << END
#!/bin/sh
for a; do case \$a in seek=*) seek=\${a#seek=} ;; esac; done
[ "\$seek" != 16777216 ] || exec cat > /dev/null
exec $(command -v dd) "\$@"
END
chmod +x "$dir/dd-dropping"
make_target $((40 * 1048576))
FLASH_DD="$dir/dd-dropping" run_must_fail write
said "^verified pass=1 chunks=38 .*repaired="
said "^error written=partial text=after 4 rewrites .*offset 16777216"
not_said "state name=verified"

# The server now has another image of the same size.
unset FLASH_DD
make_target $((40 * 1048576))
TEST_AFTER_COPY="printf '\\125' | tee $dir/x | dd of=$dir/dev/target bs=1 \
    seek=16777216 conv=notrunc,fsync status=none; \
    dd if=$dir/x of=$dir/image bs=1 seek=16777219 conv=notrunc,fsync \
    status=none" run_must_fail write
said "^error written=partial text=the image server now delivers other bytes"
