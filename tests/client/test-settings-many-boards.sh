#!/bin/sh
# SPDX-License-Identifier: MIT
# Several boards take each its own section of the settings file: mode, disk, and what its new system is told.
set -eu
# shellcheck source=tests/client/fleet-test.sh
. "$(dirname "$0")/fleet-test.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"
# shellcheck source=tests/client/first-boot-images.sh
. "$(dirname "$0")/first-boot-images.sh"

image_requirements
requires jq --version
requires python3 --version
start_boards 3
set -- $board_names
settings=$XDG_CONFIG_HOME/flash-live-remote/config
mkdir -p "$(dirname "$settings")"
make_cloud_image "$scratch/cloud.img"
for name in one two; do
  write_config "hostname=$name"
  mv "$scratch/config" "$scratch/$name.conf"
done
cat >"$settings" <<END
device = /run/board-disk
jobs = 2
config = $scratch/one.conf
[board $2]
mode = stream
config = $scratch/two.conf
[board $3]
config = default
verify = sample
END

host_name_of ()
{
  boot_file "$board_target_file" meta-data | grep 'local-hostname' || :
}

for_boards fill_target
# shellcheck disable=SC2046
flash --confirm 3 $(as_root "$@") "$scratch/cloud.img"
expect_status 0
expect_says 'plan for 3 of 3 boards' '^  mode    ramfs' "set in  $settings" 'jobs = 2' \
  "^  $2 has settings of its own: mode = stream \(line 5\), config = .*two.conf" \
  "^  $3 has settings of its own: config = default \(line 8\), verify = sample" \
  'config  hostname one' '3 of 3 boards are done'
! said "^  $1 has settings" || fail "$1 has none of its own"
use_board 1
host_name_of | grep -q one || fail "$1 is not called one: $(host_name_of)"
use_board 2
host_name_of | grep -q two || fail "$2 is not called two: $(host_name_of)"
use_board 3
expect_flashed "$scratch/cloud.img"
for_boards expect_clean

# Each one's plan, for programs.
# shellcheck disable=SC2046
flash_json --dry-run $(as_root "$@") "$scratch/cloud.img"
expect_status 0
expect_record ".type == \"plan\" and .board == \"$1\" and .mode == \"ramfs\"
    and (.config | startswith(\"hostname one\"))" \
  ".type == \"plan\" and .board == \"$2\" and .mode == \"stream\"
    and (.config | startswith(\"hostname two\"))" \
  ".type == \"plan\" and .board == \"$3\" and .verify == \"sample\" and (has(\"config\") | not)" \
  ".type == \"setting\" and .board == \"$2\" and .key == \"mode\" and .line == 5" \
  ".type == \"setting\" and .board == \"$1\" and .key == \"device\" and .line == 1"

# What is wrong with one is wrong before the first is looked at.
cp "$settings" "$scratch/good"
printf 'keep = hostname\n' >>"$settings"
sed -i "s|^config = default|config = $scratch/two.conf|" "$settings"
flash --confirm 2 "root@$1" "root@$3" "$scratch/cloud.img"
expect_status 2
expect_says "keep \(set in $settings:10\) hostname and a hostname in the file of config \(set in $settings:8\) exclude each other"
sed -i "/^keep/d" "$settings"
flash --confirm 2 "root@$2" "root@$3" "$scratch/cloud.img"
expect_status 2
expect_says '2 boards cannot all be called two' "config \(set in $settings:[68]\)"
sed "s|^mode = stream|host-key = /nowhere.pub\nwait = 5|" "$scratch/good" >"$settings"
# shellcheck disable=SC2046
flash --accept-new-host-key --wait --confirm 3 $(as_root "$@") "$scratch/cloud.img"
expect_status 2
expect_says 'host-key \(set in .*:5\) names the only key'
! said 'checking|looking' || fail "it went on"
