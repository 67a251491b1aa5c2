#!/bin/sh
# SPDX-License-Identifier: MIT
# --keep network: the files of what makes up the board's network, if the new system has
# the same; and what a first start of the new system would undo is held back.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/keep-test.sh
. "$(dirname "$0")/keep-test.sh"

keep_requirements
start_board
furnish_board
fill_target

# A process of this name on the board.
run_as ()
{
  cp "$(readlink -f "$(command -v sleep)")" "$board_dir/$1"
  board_run "$board_dir/$1" 10000 &
  wait_until 30 board_run sh -c "grep -qx '$1' /proc/[0-9]*/comm"
}

refused ()
{
  flash_target --keep network "pi@$board_name" "$scratch/new.img"
  expect_status 3
  expect_says "$1"
}

make_new_system
make_new_image "$scratch/new.img"
echo "nothing that is known"
rm -rf "$board_dir/etc/NetworkManager" "$board_dir/etc/dhcpcd.conf"
refused "keep network: what makes up the board's network is not known"

echo "ifupdown"
mkdir -p "$board_dir/etc/network/interfaces.d"
printf 'auto lo\niface lo inet loopback\n' >"$board_dir/etc/network/interfaces"
refused "keep network: what makes up the board's network is not known"
printf 'auto eth0\niface eth0 inet dhcp\n' >"$board_dir/etc/network/interfaces.d/eth0"
chmod 640 "$board_dir/etc/network/interfaces"
refused "the board uses ifupdown, the new system has none of those"
: >"$tree/usr/sbin/ifup"
: >"$tree/usr/sbin/NetworkManager"
make_new_image "$scratch/new.img"
flash_target --keep network "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_says 'network: /etc/network/interfaces.d/eth0$'
take_new_root "$board_target_file"
kept /etc/network/interfaces.d/eth0 | cmp - "$board_dir/etc/network/interfaces.d/eth0" ||
  fail "eth0"
expect_mode /etc/network/interfaces 640 0 0

echo "several together: NetworkManager, systemd-networkd, wpa_supplicant"
run_as NetworkManager
run_as systemd-network
connections=/etc/NetworkManager/system-connections
mkdir -p "$board_dir$connections" "$board_dir/etc/systemd/network" \
  "$board_dir/etc/wpa_supplicant"
echo 'psk=secret' >"$board_dir$connections/the wifi at home.nmconnection"
echo '[Match]' >"$board_dir/etc/systemd/network/10-eth.network"
echo ignored >"$board_dir/etc/systemd/network/readme"
echo 'network={}' >"$board_dir/etc/wpa_supplicant/wpa_supplicant-wlan0.conf"
refused "the board uses systemd-networkd, the new system has NetworkManager, ifupdown"
: >"$tree/usr/lib/systemd/systemd-networkd"
: >"$tree/usr/sbin/wpa_supplicant"
mkdir -p "$tree/etc/cloud/cloud.cfg.d" "$tree/usr/lib/raspberrypi-sys-mods" \
  "$tree/usr/lib/systemd/system"
echo 'rm -f /etc/ssh/ssh_host_*' \
  >"$tree/usr/lib/raspberrypi-sys-mods/regenerate_ssh_host_keys"
: >"$tree/usr/lib/systemd/system/regenerate_ssh_host_keys.service"
make_new_image "$scratch/new.img"
flash_target --keep network,hostname,ssh-host-keys "pi@$board_name" "$scratch/new.img"
expect_status 0
take_new_root "$board_target_file"
kept "$connections/the wifi at home.nmconnection" | grep -qx 'psk=secret' ||
  fail "no connection"
expect_mode "$connections/the wifi at home.nmconnection" 600 0 0
kept /etc/systemd/network/10-eth.network | grep -qx '\[Match\]' || fail "no .network"
[ -z "$(kept /etc/systemd/network/readme)" ] || fail "readme came along"
kept /etc/wpa_supplicant/wpa_supplicant-wlan0.conf | grep -q network || fail "no wpa"
expect_mode /etc/wpa_supplicant/wpa_supplicant-wlan0.conf 600 0 0
! grep -q secret "$scratch/said" || fail "a secret was said"

echo "the first start"
kept /usr/lib/raspberrypi-sys-mods/regenerate_ssh_host_keys >"$scratch/script"
! grep -q 'rm -f' "$scratch/script" || fail "Raspberry Pi OS would make new keys"
kept /etc/systemd/system/regenerate_ssh_host_keys.service.d/kept.conf |
  grep -q '^ConditionPathExistsGlob=!/etc/ssh/' || fail "an older one would"
[ "$(kept /etc/cloud/cloud.cfg.d/99-kept.cfg | tr '\n' ' ')" = \
  '#cloud-config ssh_deletekeys: false preserve_hostname: true network: {config: disabled} ' ] ||
  fail "cloud-init: $(kept /etc/cloud/cloud.cfg.d/99-kept.cfg)"
expect_clean
