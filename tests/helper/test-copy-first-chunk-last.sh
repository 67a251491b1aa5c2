#!/bin/sh
# SPDX-License-Identifier: MIT
# The partition table is written after all the rest, and a dd that fails is told
# in its own words, with the disk called partly written.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

export TEST_SERVER="$file_server"
make_image $((40 * 1048576 + 700))
make_target $((44 * 1048576))

# Notes where each dd begins, then does it.
cat > "$dir/dd-noting" << END
#!/bin/sh
for a; do case \$a in seek=*) echo "\${a#seek=}" >> $dir/seeks ;; esac; done
exec $(command -v dd) "\$@"
END
chmod +x "$dir/dd-noting"
FLASH_DD="$dir/dd-noting" run write
check_target
[ "$(tail -n 1 "$dir/seeks")" = 0 ] || fail "chunk 0 was not the last"
[ "$(grep -c '^0$' "$dir/seeks")" = 1 ] || fail "chunk 0 was written twice"
[ "$(head -n 1 "$dir/seeks")" = 1048576 ] || fail "it did not begin with chunk 1"

# Fails at the fourth call.
cat > "$dir/dd-failing" << END
#!/bin/sh
echo >> $dir/calls
if [ \$(wc -l < $dir/calls) -ge 4 ]; then
    echo "dd: error writing: Remote I/O error" >&2
    exit 1
fi
exec $(command -v dd) "\$@"
END
chmod +x "$dir/dd-failing"
make_target $((44 * 1048576))
FLASH_DD="$dir/dd-failing" run_must_fail write
said "^error written=partial text=dd ended with status 1 .*offset .*Remote I/O"
not_said "name=read-back"
head -c 1048576 "$dir/dev/target" | tr -d '\252' | wc -c > "$dir/touched"
[ "$(cat "$dir/touched")" -eq 0 ] || fail "chunk 0 was written early"
