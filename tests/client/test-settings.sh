#!/bin/sh
# SPDX-License-Identifier: MIT
# The settings file alone tells how a board is flashed; what is wrong with it is told before anything happens.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"

requires jq --version
requires python3 --version
start_board
settings=$XDG_CONFIG_HOME/flash-live-remote/config
mkdir -p "$(dirname "$settings")" "$scratch/images"
make_image "$scratch/images/new.img" 8
xz -k "$scratch/images/new.img"
start_nbd_server "$flashimage" "dir=$scratch/images"

write_settings ()
{
  cat >"$settings"
}

write_settings <<END
image-server = nbd://127.0.0.1:$port
device = /dev/nowhere
verify = sample

[board other-*]
mode = ramfs

[board $board_name]
device = $board_target
mode = stream
stop-services =
verify = default
END

# Nothing of it on the command line.
fill_target
flash --confirm "$board_name" "root@$board_name" server:new.img.xz
expect_status 0
expect_says '^  mode    stream' "set in  $settings:" 'mode = stream \(line 10\)' \
  "device = $board_target \(line 9\)" 'image-server = .*\(line 1\)' \
  "from nbd://127.0.0.1:$port" 'verified'
expect_flashed "$scratch/images/new.img"
expect_rest_untouched "$scratch/images/new.img"
expect_clean

# The command line comes first; the commands take what concerns them.
flash --ramfs --dry-run "root@$board_name" "$scratch/images/new.img"
expect_status 0
expect_says '^  mode    ramfs'
! said 'mode = ' || fail "the mode is not the file's"
flash_json --dry-run "root@$board_name" server:new.img
expect_status 0
expect_record '.type == "plan" and .mode == "stream" and .verify == "full"' \
  '.type == "setting" and .key == "mode" and .value == "stream" and .source == "file"
    and .line == 10' \
  '.type == "setting" and .key == "stop-services" and (has("value") | not)'
expect_no_record '.type == "setting" and .key == "busybox"'
flash verify "root@$board_name" server:new.img
expect_status 0
expect_says 'all 8 chunks are equal'
"$client" status -F "$board_ssh_config" "root@$board_name" >"$scratch/stdout"
grep -q 'No flash is under way' "$scratch/stdout" || fail "status"
"$client" images >"$scratch/stdout"
grep -q '^new.img.xz' "$scratch/stdout" || fail "images: no list"

# What holds, and why; saved, it means the same.
"$client" --print-config --jobs 3 "$board_name" >"$scratch/shown"
grep -A 1 -Fx "# $settings:10" "$scratch/shown" | grep -qx 'mode = stream' ||
  fail "no mode is shown"
grep -A 1 -x '# command line' "$scratch/shown" | grep -qx 'jobs = 3' || fail "no jobs"
grep -A 1 -x '# default' "$scratch/shown" | grep -qx '# keep = default' || fail "no keep"
"$client" --settings "$scratch/shown" --print-config any | grep -v '^#' >"$scratch/again"
grep -v '^#' "$scratch/shown" | diff - "$scratch/again" || fail "it means something else"
flash_json --print-config "$board_name"
expect_status 0
expect_record '.type == "start" and .command == "print_config"' \
  '.type == "setting" and .key == "verify" and .value == "full" and .source == "file"
    and .line == 12' \
  '.type == "setting" and .key == "ssh" and .value == "libssh" and .source == "default"'
[ "$(jq -r 'select(.type == "setting") | .key' <"$scratch/records" | sort -u | wc -l)" \
  -eq 17 ] || fail "not all keys"

# A file is never taken from the server, and the other way round.
cd "$scratch"
remember_target
flash --confirm "$board_name" "root@$board_name" new.img.xz
expect_status 3
expect_says 'new.img.xz: .*No such file' 'server:new.img.xz' "set in $settings: .*mode = "
cp images/new.img server:new.img
flash --confirm "$board_name" "root@$board_name" server:new.img
expect_status 2
expect_says 'there is a file of that name, too'
flash --dry-run "root@$board_name" ./server:new.img
expect_status 0
expect_says '  image   server:new.img: raw'
expect_untouched

# The defaults: no board is called so.
flash --settings none --dry-run "root@$board_name" "$scratch/images/new.img"
! said "set in" || fail "there are settings, all the same"
sed -i "s/^\[board $board_name\]/[board not-$board_name]/" "$settings"
flash --confirm "$board_name" "root@$board_name" "$scratch/images/new.img"
expect_status 3
expect_says '/dev/nowhere' "set in $settings: .*device = /dev/nowhere \(line 2\)"
expect_untouched

# refused REGEX: before anything happens, for the flash and for the commands.
refused ()
{
  for command in "--confirm $board_name" status verify; do
    image=$scratch/images/new.img
    [ "$command" != status ] || image=
    # shellcheck disable=SC2086
    flash $command "root@$board_name" $image
    expect_status 2
    expect_says "$1"
    ! said 'checking|connecting|probing' || fail "it went on"
  done
}

echo 'mode = fast' | write_settings
refused "config:1: mode fast: ramfs or stream"
echo 'stop-service = x' | write_settings
refused "config:1: stop-service: .*did you mean stop-services"
printf '[board zzz]\n\nconfirm = zzz\n' | write_settings
refused "config:3: confirm: .*only an option of the command line"
echo 'mode = stream' | write_settings
chmod 666 "$settings"
refused 'config: others can write'
chmod 600 "$settings"
chown 12345 "$settings"
refused 'config: the file .*belongs to another user'
rm "$settings"
mkfifo "$settings"
refused 'config: .*no regular file'
rm "$settings"
flash_json --settings "$settings" status "root@$board_name"
expect_status 2
expect_record '.level == "error" and (.text | contains("No such file"))'
# Taken for the file of --config.
printf '[defaults]\nmode = stream\n' >"$scratch/mistaken"
flash --config "$scratch/mistaken" --confirm "$board_name" "root@$board_name" \
  "$scratch/images/new.img"
expect_status 2
expect_says 'line 1: a section.*--settings'
expect_untouched
