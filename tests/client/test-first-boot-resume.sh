#!/bin/sh
# SPDX-License-Identifier: MIT
# A flash with --config whose client was killed goes on with the settings that it began with.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"
# shellcheck source=tests/client/first-boot-images.sh
. "$(dirname "$0")/first-boot-images.sh"

image_requirements
board_disk_mb=256
start_board
fill_target
make_pi_image "$scratch/pi.img"
# Enough to be in the middle of.
head -c 150M /dev/urandom >>"$scratch/pi.img"
write_config 'hostname=halos-7'
slow_image_server 100

start_flash --stream --config "$scratch/config" "root@$board_name" "$scratch/pi.img"
wait_until 120 said '^writing +[1-9]'
kill -9 "$flash_pid"
wait "$flash_pid" 2>/dev/null || true
normal_image_server

# Other settings are another flash, and so are none.
write_config 'hostname=halos-8'
flash_target --stream --config "$scratch/config" "root@$board_name" "$scratch/pi.img"
expect_status 3
expect_says 'already under way' '--config' 'nothing was written'
flash_target --stream "root@$board_name" "$scratch/pi.img"
expect_status 3

# The same ones, whose hashes have other salts now.
write_config 'hostname=halos-7'
flash_target --stream --config "$scratch/config" "root@$board_name" "$scratch/pi.img"
expect_status 0
expect_says 'goes on'
expect_pi
grep -qx "hostname='halos-7'" "$scratch/firstrun.sh" || fail "another name"
cmp -i $((35 << 20)) "$scratch/pi.img" "$board_target_file" 2>"$scratch/cmp" ||
  grep -q 'EOF on .*pi.img' "$scratch/cmp" || fail "the rest is not the image's"
expect_rest_untouched "$scratch/pi.img"
expect_clean
