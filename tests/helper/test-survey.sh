#!/bin/sh
# SPDX-License-Identifier: MIT
# deploy.sh with PURPOSE=survey: questions and answers, modest and read-only, and nothing stays behind.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
make_disk $((3 * 1048576 + 512))
head -c "$disk_size" /dev/urandom >"$disk_file"
digest_of=$top_builddir/tests/helper/digest-of

# All that comes before the questions.
make_cargo ()
{
  helper_size=$(size_of "$flash_helper")
  {
    cat <<END
BUSYBOX='$(command -v busybox)'
BUSYBOX_SIZE='0'
HELPER_SIZE='${HELPER_SIZE:-$helper_size}'
SCRIPT_SIZE='0'
SESSION_SIZE='0'
KEY_SIZE='0'
PATCH_SIZE='0'
LIFEBOAT='no'
PURPOSE='survey'
RAM_SIZE='16777216'
TARGET='$disk_number'
TARGET_SIZE='$1'
END
    cat "$helper_dir/deploy.sh"
  } >"$scratch/deploy"
  script_size=$(size_of "$scratch/deploy")
  cat "$scratch/deploy" "$flash_helper" >"$scratch/cargo"
}

# The board's side, its stdin and stdout as they are.
run_board ()
{
  $board_sh -c 'eval "$(dd bs=1 count='"$script_size"' 2>/dev/null)"'
}

# survey QUESTIONS: the answers go to $scratch/answers, the status to $status.
survey ()
{
  { cat "$scratch/cargo"; printf '%b' "$1"; } |
    run_board >"$scratch/answers" 2>"$scratch/errors"
  status=$?
  expect_clean 2
}

expect_failure ()
{
  [ "$status" = 1 ] || fail "status $status"
  grep -q "$1" "$scratch/errors" || fail "no '$1' but $(cat "$scratch/errors")"
}

echo "# questions"
make_cargo "$disk_size"
dd if="$disk_file" of="$scratch/chunk" bs=1048576 skip=3 status=none
{
  printf 'FLR1-SURVEY\n\0'
  dd if="$disk_file" bs=4096 skip=3 count=2 status=none
  printf '\0'
  tail -c 512 "$disk_file"
} >"$scratch/expected"
for board_sh in sh 'busybox sh' bash; do
  $board_sh -c true 2>/dev/null || continue
  survey 'read 12288 8192\nread 3145728 512\n'
  [ "$status" = 0 ] || fail "status $status: $(cat "$scratch/errors")"
  cmp "$scratch/expected" "$scratch/answers" || fail "the bytes differ"
done
board_sh='sh'

survey 'digests 0 2\ndigests 3 1\n'
[ "$status" = 0 ] || fail "status $status: $(cat "$scratch/errors")"
[ "$(size_of "$scratch/answers")" = $((12 + 3 * 17)) ] || fail "odd answers"
[ "$(tail -c 16 "$scratch/answers" | od -An -tx1 | tr -d ' \n')" = \
  "$("$digest_of" "$scratch/chunk" | cut -c 1-32)" ] || fail "the digest differs"

echo "# what is no question ends it"
for question in 'digests 4 1\n' 'read 0 1048577\n' 'write 0 1\n' 'read 0 1' \
    "$(printf '%0100d' 0)"'\n'; do
  survey "$question"
  expect_failure 'no question'
done

echo "# another disk than the one that was looked at"
make_cargo 1048576
survey ''
expect_failure 'instead of 1048576'
make_cargo 12x
survey ''
expect_failure 'not a number'
make_cargo "$disk_size"

echo "# a client that hears nothing any more"
{ cat "$scratch/cargo"; yes 'digests 0 4'; } 2>/dev/null |
  run_board 2>/dev/null | head -c 2000 >"$scratch/answers"
expect_clean 5
echo "# one that goes away in the middle of the helper, not even its stderr is left"
head -c 500000 "$scratch/cargo" | { run_board 2>&1; } | :
expect_clean 5

echo "# a disk that loses its end is told chunk by chunk"
truncate -s 2097152 "$disk_file"
survey 'digests 0 4\nread 0 1\n'
[ "$status" = 0 ] || fail "status $status: $(cat "$scratch/errors")"
[ "$(grep -ac 'cannot be read: Input' "$scratch/answers")" = 2 ] ||
  fail "not two errors"
{ printf '\0'; head -c 1 "$disk_file"; } >"$scratch/expected"
tail -c 2 "$scratch/answers" | cmp - "$scratch/expected" ||
  fail "no content behind the errors"

echo "# modest, and it cannot write"
mkfifo "$scratch/questions"
run_board <"$scratch/questions" >"$scratch/answers" 2>"$scratch/errors" &
exec 9>"$scratch/questions"
cat "$scratch/cargo" >&9
wait_until 10 grep -q FLR1-SURVEY "$scratch/answers" || fail "no marker"
pid=$(pgrep -x flash-helper)
[ "$(cut -d' ' -f19 "/proc/$pid/stat")" = 10 ] || fail "not nice"
if command -v ionice >/dev/null; then
  ionice -p "$pid" | grep -q idle || fail "I/O: $(ionice -p "$pid")"
fi
opened=0
for fd in "/proc/$pid/fd/"*; do
  [ "$(readlink "$fd")" = "$ram_root/dev/target" ] || continue
  grep -q '^flags:.*0$' "/proc/$pid/fdinfo/${fd##*/}" || fail "it is writable"
  opened=$((opened + 1))
done
[ "$opened" -gt 0 ] || fail "the target is not open"

echo "# a second one is refused"
run_board <"$scratch/cargo" >/dev/null 2>"$scratch/errors.second"
[ $? = 10 ] || fail "it was not: $(cat "$scratch/errors.second")"
exec 9>&-
wait
expect_clean 5
