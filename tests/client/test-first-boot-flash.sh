#!/bin/sh
# SPDX-License-Identifier: MIT
# --config: the settings come onto the disk in both modes and on several boards, and the image stays as it is.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/json-test.sh
. "$(dirname "$0")/json-test.sh"
# shellcheck source=tests/client/first-boot-images.sh
. "$(dirname "$0")/first-boot-images.sh"

image_requirements
requires python3 -c 'import yaml'
requires jq --version
start_boards 2
use_board 1
make_pi_image "$scratch/pi.img"
make_cloud_image "$scratch/cloud.img"
xz -kT1 "$scratch/pi.img"
cp "$scratch/pi.img" "$scratch/pi.before"

# expect_only_fat_changed IMAGE: beside the boot partition the target is the image.
expect_only_fat_changed ()
{
  cmp -n $((1 << 20)) "$1" "$board_target_file" || fail "the partition table changed"
  cmp -i $((35 << 20)) -n $((13 << 20)) "$1" "$board_target_file" ||
    fail "the root file system changed"
  changed=$(cmp -l -i $((1 << 20)) -n $((34 << 20)) "$1" "$board_target_file" |
              wc -l)
  [ "$changed" -gt 0 ] && [ "$changed" -lt 200000 ] || fail "$changed bytes changed"
}

for mode in --ramfs --stream; do
  write_config 'hostname=halos-7'
  fill_target
  flash_target $mode --config "$scratch/config" "root@$board_name" "$scratch/pi.img.xz"
  expect_status 0
  expect_says 'config  hostname halos-7, user anna with password and 1 ssh key, WiFi "shed"'
  ! said 'keep the rain|a "secret"|\$6\$' || fail "a secret was said"
  expect_pi
  expect_only_fat_changed "$scratch/pi.img"
  expect_rest_untouched "$scratch/pi.img"
  expect_clean
done

# A program is told the same, and no more.
flash_json --device "$board_target" --dry-run --config "$scratch/config" \
  "root@$board_name" "$scratch/pi.img"
expect_status 0
expect_record '.type == "phase" and .name == "first-boot"' \
  '.type == "plan" and (.config | startswith("hostname halos-7, user anna with password"))'

# Without a password, whose salt is another each time, the same settings are the same
# bytes.
sed -i /^password/d "$scratch/config"
for copy in 1 2; do
  flash_target --config "$scratch/config" "root@$board_name" "$scratch/pi.img"
  expect_status 0
  cp "$board_target_file" "$scratch/target-$copy"
done
cmp "$scratch/target-1" "$scratch/target-2" || fail "the same settings, other bytes"

# From standard input; cloud-init.
write_config 'hostname=halos-7'
fill_target
status=0
"$client" -F "$board_ssh_config" --device "$board_target" --confirm "$board_name" \
  --config - "root@$board_name" "$scratch/cloud.img" >"$scratch/stdout" \
  2>"$scratch/said" <"$scratch/config" || status=$?
expect_status 0
expect_sound_fat "$board_target_file"
for name in user-data network-config meta-data; do
  boot_file "$board_target_file" $name >"$scratch/$name"
done
python3 - "$scratch" <<'END' || fail "not what the settings say"
import sys, yaml
u, n, m = (yaml.safe_load(open(sys.argv[1] + '/' + name)) for name in
           ('user-data', 'network-config', 'meta-data'))
assert u['users'][0]['name'] == 'anna' and u['users'][0]['passwd'].startswith('$6$')
assert len(n['wifis']['wlan0']['access-points']['shed']['password']) == 64
assert m['local-hostname'] == 'halos-7' and m['instance-id'].startswith('flash-live-')
END
[ "$(boot_file "$board_target_file" cmdline.txt)" = \
  "$pi_cmdline cfg80211.ieee80211_regdom=DE" ] || fail "another command line"
expect_only_fat_changed "$scratch/cloud.img"

# Two boards get the same; the image was changed once, and never itself.
write_config
for board in 1 2; do use_board $board; fill_target; done
# shellcheck disable=SC2086
set -- $board_names
flash --confirm 2 --device /run/board-disk --config "$scratch/config" "root@$1" "root@$2" \
  "$scratch/pi.img"
expect_status 0
for board in 1 2; do
  use_board $board
  expect_pi
  cp "$scratch/firstrun.sh" "$scratch/firstrun-$board"
done
cmp "$scratch/firstrun-1" "$scratch/firstrun-2" || fail "two boards, two passwords"
cmp "$scratch/pi.img" "$scratch/pi.before" || fail "the image was changed"
