#!/bin/sh
# SPDX-License-Identifier: MIT
# The partition table is written after all the rest, and a dd that fails is told
# in its own words, with the disk called partly written.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export TEST_SERVER="$file_server"
make_image $((40 * 1048576 + 700))
make_target $((44 * 1048576))

# Chunk 0 of the target: nothing but zeroes?
is_blank ()
{
    [ "$(head -c 1048576 "$dir/dev/target" | tr -d '\0' | wc -c)" -eq 0 ]
}

# Notes where each dd begins and whether chunk 0 is blank then; does it, unless
# $dir/stop names this place.
cat > "$dir/dd-noting" << END
#!/bin/sh
for a; do case \$a in seek=*) seek=\${a#seek=} ;; esac; done
blank=\$(head -c 1048576 $dir/dev/target | tr -d '\\0' | wc -c)
echo "\$seek \$blank" >> $dir/seeks
if grep -q "^\$seek\$" $dir/stop 2> /dev/null; then
    echo "dd: error writing: Remote I/O error" >&2
    exit 1
fi
exec $(command -v dd) "\$@"
END
chmod +x "$dir/dd-noting"
export FLASH_DD="$dir/dd-noting"
run write
check_target
[ "$(tail -n 1 "$dir/seeks")" = "0 0" ] || fail "chunk 0 was not the last"
[ "$(grep -c '^0 ' "$dir/seeks")" = 1 ] || fail "chunk 0 was written twice"
[ "$(head -n 1 "$dir/seeks")" = "1048576 0" ] ||
    fail "it did not begin with chunk 1, behind a blank one"
if grep -v ' 0$' "$dir/seeks"; then fail "chunk 0 was not blank meanwhile"; fi

# A medium that refuses the third window, and then chunk 0: each time the write
# ends, with the disk called partly written, and without a partition table; the
# next write goes on, and still writes it last.
make_target $((44 * 1048576))
rm "$dir/seeks"
printf '%s\n' 33554432 35651584 36700160 > "$dir/stop"
run_must_fail write
said "^error written=partial text=.*offset .*Remote I/O"
not_said "name=read-back"
is_blank || fail "chunk 0 was written early"
echo 0 > "$dir/stop"
run_must_fail write
said "^note text=going on at offset 33554432"
said "^error written=partial text=.*offset 0, .*Remote I/O"
is_blank || fail "chunk 0 was written early after a restart"
rm "$dir/stop"
run write
check_target
said "^note text=going on at offset $FLASH_DISK_SIZE$"
if grep -v ' 0$' "$dir/seeks"; then fail "chunk 0 was not blank meanwhile"; fi
