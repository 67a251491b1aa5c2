#!/bin/sh
# SPDX-License-Identifier: MIT
# firstrun.sh does what the settings say, in roots like Raspberry Pi OS of several ages.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/first-boot-root.sh
. "$(dirname "$0")/first-boot-root.sh"

first_boot_requirements
ssh-keygen -q -t ed25519 -N '' -C "anna's \$(key)" -f "$scratch/anna"
ssh-keygen -q -t ecdsa -N '' -C '' -f "$scratch/bert"
plain_cmdline='console=serial0,115200 root=PARTUUID=1-02 rootwait quiet'

# --- Debian 12 and later: userconf, NetworkManager; values that a shell would love.
make_root /boot/firmware
make_pi_user
cat >"$root/usr/lib/userconf-pi/userconf" <<'END'
#!/bin/sh
[ $# -eq 2 ] && [ -z "$2" ] || exit 1
echo "userconf $1" >>/calls
usermod -l "$1" pi && usermod -m -d "/home/$1" "$1" && groupmod -n "$1" pi
END
chmod 755 "$root/usr/lib/userconf-pi/userconf"
mkdir -p "$root/etc/NetworkManager/system-connections"
echo 1 >"$root/var/lib/systemd/rfkill/platform-3f300000.mmcnr:wlan"
printf '[main]\nWirelessEnabled=false\n' \
  >"$root/var/lib/NetworkManager/NetworkManager.state"
: >"$root/usr/lib/systemd/system/ssh.service"
# As raspi-config does it, behind what leads to the script.
stand_in raspi-config \
  'sed -i "s/ cfg80211[^ ]*//; s/\$/ cfg80211.ieee80211_regdom=$3/" /boot/firmware/cmdline.txt'
cat >"$scratch/conf" <<END
hostname=halos-7
user=anna
password=it's "\$(touch /owned)" \\n \`touch /owned\`
ssh-key=@$scratch/anna.pub
ssh-key=@$scratch/bert.pub
wifi-ssid=Bö"t'\$(touch /owned)\\;
wifi-password=it's \$(touch /owned)
wifi-country=DE
END
make_boot "$scratch/conf"
shellcheck -S warning "$boot/firstrun.sh" || fail "shellcheck does not like firstrun.sh"
for shell in dash 'busybox sh'; do
  $shell -n "$boot/firstrun.sh" || fail "$shell does not understand firstrun.sh"
done
! grep -qF 'wpa_supplicant.conf' "$boot/firstrun.sh" ||
  fail "Raspberry Pi OS would switch NetworkManager off"
cp "$boot/firstrun.sh" "$scratch/again.sh"
run_first_boot
expect_done
[ ! -e "$root/owned" ] || fail "a value was run by a shell"
expect_line etc/hostname halos-7
expect_line etc/hosts "127.0.1.1	halos-7"
! grep -q raspberrypi "$root/etc/hosts" || fail "the old name stayed"
expect_line etc/passwd 'anna:x:1000:1000::/home/anna:/bin/bash'
[ "$(grep ^anna: "$root/etc/shadow" | cut -d: -f2)" = "$(setting password)" ] ||
  fail "another password"
expect_line home/anna/.ssh/authorized_keys "$(cat "$scratch/anna.pub")"
expect_line home/anna/.ssh/authorized_keys "$(sed 's/ $//' "$scratch/bert.pub")"
expect_file home/anna/.ssh 700 1000:1000
expect_file home/anna/.ssh/authorized_keys 600 1000:1000
expect_line etc/sudoers.d/010_anna-nopasswd 'anna ALL=(ALL) NOPASSWD: ALL'
expect_file etc/sudoers.d/010_anna-nopasswd 440 0:0
expect_line calls 'userconf anna'
expect_line calls 'systemctl enable ssh.service'
expect_line calls 'raspi-config nonint do_wifi_country DE'
expect_line calls 'rfkill unblock wifi'
connection=etc/NetworkManager/system-connections/first-boot.nmconnection
expect_file $connection 600 0:0
# Bö"t'$(touch /owned)\; as bytes.
expect_line $connection "ssid=$(printf %s "Bö\"t'\$(touch /owned)\\;" | od -An -v -tu1 |
  tr -s ' \n' ';' | sed 's/^;//')"
expect_line $connection "psk=$(setting wifi_psk)"
expect_line 'var/lib/systemd/rfkill/platform-3f300000.mmcnr:wlan' 0
expect_line var/lib/NetworkManager/NetworkManager.state WirelessEnabled=true
expect_line boot/firmware/cmdline.txt "$plain_cmdline cfg80211.ieee80211_regdom=DE"
[ "$(wc -l <"$boot/cmdline.txt")" -eq 1 ] || fail "cmdline.txt is not one line"
[ ! -e "$boot/firstrun.sh" ] || fail "firstrun.sh stayed"
[ ! -e "$boot/first-boot-failed.txt" ] || fail "a failure was told"
! grep -qF -e "$(setting wifi_psk)" -e '$6$' "$scratch/said" \
  "$root/var/log/flash-live-remote-first-boot.log" || fail "a secret was logged"

# The power failed after all was done, or before the end: once more changes nothing.
cp "$root/etc/passwd" "$scratch/passwd"
cp "$scratch/again.sh" "$boot/firstrun.sh"
cat >"$root/usr/lib/userconf-pi/userconf" <<'END'
#!/bin/sh
exit 0
END
run_first_boot
expect_done
cmp "$root/etc/passwd" "$scratch/passwd" || fail "the second run made another user"
[ "$(wc -l <"$root/home/anna/.ssh/authorized_keys")" -eq 2 ] || fail "keys came twice"
[ "$(grep -c '^127.0.1.1' "$root/etc/hosts")" -eq 1 ] || fail "two names in hosts"
expect_line boot/firmware/cmdline.txt "$plain_cmdline cfg80211.ieee80211_regdom=DE"

# --- Debian 10: /boot, a user pi, wpa_supplicant; an open network.
make_root /boot
make_pi_user
mkdir "$root/etc/wpa_supplicant"
: >"$root/usr/lib/systemd/system/ssh.service"
cat >"$scratch/conf" <<END
user=bert
password=x
wifi-ssid=shed
wifi-country=GB
END
make_boot "$scratch/conf"
run_first_boot
expect_done
expect_line etc/hostname raspberrypi
expect_line etc/passwd 'bert:x:1000:1000::/home/bert:/bin/bash'
expect_line etc/group 'bert:x:1000:'
expect_line etc/subuid 'bert:100000:65536'
[ -d "$root/home/bert" ] && [ ! -d "$root/home/pi" ] || fail "the home has not moved"
expect_file etc/wpa_supplicant/wpa_supplicant.conf 600 0:0
expect_line etc/wpa_supplicant/wpa_supplicant.conf 'country=GB'
expect_line etc/wpa_supplicant/wpa_supplicant.conf '	ssid=73686564'
expect_line etc/wpa_supplicant/wpa_supplicant.conf '	key_mgmt=NONE'
expect_line boot/cmdline.txt "$plain_cmdline cfg80211.ieee80211_regdom=GB"
[ ! -e "$boot/firstrun.sh" ] || fail "firstrun.sh stayed"

# --- Something else, with busybox's shell: no user yet, NetworkManager switched off, a
# key and no password.
make_root /boot
mkdir -p "$root/etc/NetworkManager/system-connections" "$root/etc/wpa_supplicant"
stand_in systemctl 'case $* in *is-enabled*) exit 1 ;; esac'
: >"$root/usr/lib/systemd/system/sshd.service"
cat >"$scratch/conf" <<END
user=carla
ssh-key=@$scratch/anna.pub
wifi-ssid=shed
wifi-password=0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef
wifi-country=US
END
make_boot "$scratch/conf"
command="busybox $(echo "$command" | sed "s|exec /bin/sh|exec busybox sh|; s|^/bin/sh|sh|")"
run_first_boot
expect_done
grep -q '^carla:x:1000:' "$root/etc/passwd" || fail "there is no user"
[ "$(grep ^carla: "$root/etc/shadow" | cut -d: -f2)" = '*' ] || fail "a password was set"
for group in sudo video gpio; do
  grep -q "^$group:.*carla" "$root/etc/group" || fail "carla is not in $group"
done
expect_line etc/wpa_supplicant/wpa_supplicant.conf \
  '	psk=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
expect_line calls 'systemctl enable sshd.service'

# --- A step that fails is told, and the others are done.
make_root /boot
cat >"$scratch/conf" <<END
hostname=left
user=sshd-2
ssh-key=@$scratch/anna.pub
wifi-country=US
END
make_boot "$scratch/conf"
run_first_boot
[ "$status" -eq 0 ] || fail "the first boot ended with status $status"
grep -q '^These steps .*: ssh server;' "$boot/first-boot-failed.txt" ||
  fail "the failure was not told"
expect_line etc/hostname left
expect_line boot/cmdline.txt "$plain_cmdline cfg80211.ieee80211_regdom=US"
[ ! -e "$boot/firstrun.sh" ] || fail "firstrun.sh stayed"

# --- An account of the system is never made a login.
make_root /boot
: >"$root/usr/lib/systemd/system/ssh.service"
echo 'anna:x:150:150::/run:/bin/false' >>"$root/etc/passwd"
echo 'anna:*:19000::::::' >>"$root/etc/shadow"
make_boot "$scratch/conf"
sed -i "s/^user='.*/user='anna'/" "$boot/firstrun.sh"
run_first_boot
grep -q '^These steps .* user;' "$boot/first-boot-failed.txt" || fail "it was not told"
expect_line etc/shadow 'anna:*:19000::::::'
[ ! -e "$root/etc/sudoers.d/010_anna-nopasswd" ] || fail "it may use sudo"
[ ! -e "$root/run/.ssh" ] || fail "it got keys"

# --- The boot partition cannot be written: the system starts, and nothing loops.
make_root /boot
: >"$root/usr/lib/systemd/system/ssh.service"
make_boot "$scratch/conf"
run_first_boot "mount --bind '$boot' '$boot'; mount -o remount,bind,ro '$boot'"
[ "$status" -eq 1 ] || fail "status $status"
expect_line calls 'systemctl --no-block default'
expect_line etc/hostname left
