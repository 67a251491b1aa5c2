#!/bin/sh
# SPDX-License-Identifier: MIT
# The write is killed, twice, and started anew: it goes on from the journal.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

make_image $((60 * 1048576 + 333))
make_target $((64 * 1048576))

# Wait until the file $1 has the pattern $2, at most ten seconds.
wait_for ()
{
    i=0
    while ! grep -q -e "$2" "$1" 2> /dev/null; do
        i=$((i + 1))
        [ $i -le 100 ] || fail "never said: $2"
        sleep 0.1
    done
}

# Start the write on the server $1, kill it when $dir/seeks has the line $2.
kill_at ()
{
    TEST_SERVER="$1" FLASH_DD="$dir/dd-pausing" STOP_AT="$2" \
        ./data-side write > "$dir/out-killed" 2>&1 &
    pid=$!
    wait_for "$dir/seeks" "^$2\$"
    kill -9 "$pid"
    wait "$pid" 2> /dev/null || true
    # The one who would still write belongs to us as well.
    wait_for "$dir/ended" "^$2\$"
}

# At STOP_AT it waits until it is alone, and writes nothing.
cat > "$dir/dd-pausing" << END
#!/bin/sh
for a; do case \$a in seek=*) seek=\${a#seek=} ;; esac; done
echo "\$seek" >> $dir/seeks
if grep -q "^\$seek\$" $dir/stop; then
    cat > /dev/null
    sleep 0.5
    echo "\$seek" >> $dir/ended
    exit 1
fi
exec $(command -v dd) "\$@"
END
chmod +x "$dir/dd-pausing"

server="nbdkit -s -f -r --filter=log file $dir/image"
echo 24117248 > "$dir/stop"             # in the second window
kill_at "$server logfile=$dir/log-1" 24117248
echo 0 > "$dir/stop"                    # chunk 0, the very last
rm "$dir/seeks"
kill_at "$server logfile=$dir/log-2" 0

rm "$dir/stop"; : > "$dir/stop"
rm "$dir/seeks"
TEST_SERVER="$server logfile=$dir/log-3" FLASH_DD="$dir/dd-pausing" run write
check_target
said "^note text=going on at offset $FLASH_DISK_SIZE$"
said "^state name=writing"
said "^state name=verified"
[ "$(cat "$dir/seeks")" = 0 ] || fail "more than chunk 0 was written again"
grep -q "going on at offset 16777216" "$dir/out-killed" ||
    fail "the second write did not begin at the second window"
if grep ' Read id=.* offset=0x100000 ' "$dir/log-2"; then
    fail "the first window was asked for again"
fi
if grep ' Read id=' "$dir/log-3"; then
    fail "something was fetched although all was here"
fi

# What came twice is said, and is not more than the two windows of each kill.
payload=$(sed -n 's/.* Read id=.* count=0x\([0-9a-f]*\).*/0x\1/p' "$dir"/log-* |
          while read -r n; do echo $((n)); done |
          awk '{ n += $1 } END { print n }')
received=$(sed -n 's/^copied received=\([0-9]*\) .*/\1/p' "$dir/out")
again=$(sed -n 's/^copied .* again=\([0-9]*\)$/\1/p' "$dir/out")
[ "$received" -le "$payload" ] || fail "$received of $payload bytes received"
[ "$again" -gt 0 ] || fail "the kill cost nothing?"
[ "$again" -le $((2 * 32 * 1048576)) ] || fail "$again bytes came again"
data=$((30 * 1048576 + 333))            # of make_image
[ $((received - again)) -eq $data ] ||
    fail "$((received - again)) bytes were needed instead of $data"

# A journal of another session does not count.
FLASH_SESSION=fedcba9876543210 TEST_SERVER="$file_server" run write
not_said "going on"
said "^progress phase=copy done=0 "
