#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets a new system up at its first boot: the end of firstrun.sh on the boot partition
# of a Raspberry Pi's image.  systemd runs it alone (systemd-run-generator(8), from the
# kernel's command line), then reboots.
#
# In front of it stand the settings, each of which may be empty:
#   hostname, user, password (a hash of crypt(3), * for none), keys (a line each),
#   wifi_ssid_bytes ("115;104;"), wifi_ssid_hex, wifi_psk, wifi_country,
#   cmdline_part (what leads here and is removed from cmdline.txt at the end).
#
# A step that fails is told and does not stop the others: a board with half of its
# settings can be reached, one that has stopped cannot.  Whatever it does may be done
# twice, for the power may fail.

set -u
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
umask 022

boot=$(cd "$(dirname "$0")" && pwd) || exit 1
log=/var/log/flash-live-remote-first-boot.log
failures=

say ()
{
  echo "first boot: $*"
  echo "first boot: $*" >>"$log"
}

# step WHAT COMMAND...: one step, whose own words go to the log, and its status.
step ()
{
  what=$1
  shift
  if "$@" >>"$log" 2>&1; then
    say "$what: done"
  else
    say "$what: FAILED"
    failures="$failures $what;"
    return 1
  fi
}

have ()
{
  command -v "$1" >/dev/null 2>&1
}

# field USER N: a field of the user's line in /etc/passwd; USER may be a number.
field ()
{
  awk -F: -v user="$1" -v n="$2" '$1 == user || $3 == user { print $n; exit }' \
    /etc/passwd
}

# --- the name -------------------------------------------------------------------

set_hostname ()
{
  echo "$hostname" >/etc/hostname || return 1
  touch /etc/hosts || return 1
  sed '/^127\.0\.1\.1[[:blank:]]/d' /etc/hosts >/etc/hosts.new &&
    printf '127.0.1.1\t%s\n' "$hostname" >>/etc/hosts.new &&
    chmod 644 /etc/hosts.new && mv /etc/hosts.new /etc/hosts
}

# --- the user -------------------------------------------------------------------

# rename_user OLD: what Raspberry Pi OS had before userconf.
rename_user ()
{
  usermod -l "$user" "$1" && usermod -m -d "/home/$user" "$user" || return 1
  groupmod -n "$user" "$1" || return 1
  for file in /etc/subuid /etc/subgid; do
    [ ! -e "$file" ] || sed -i "s/^$1:/$user:/" "$file"
  done
}

# Those of the usual groups that there are.
groups_of_board ()
{
  list=
  for group in adm dialout cdrom sudo wheel audio video plugdev games users input \
               render netdev gpio i2c spi; do
    ! grep -q "^$group:" /etc/group || list="$list,$group"
  done
  echo "${list#,}"
}

add_user ()
{
  shell=/bin/sh
  [ ! -x /bin/bash ] || shell=/bin/bash
  if have useradd; then
    useradd -m -s "$shell" "$user" || return 1
    list=$(groups_of_board)
    [ -z "$list" ] || usermod -a -G "$list" "$user"
  else
    adduser -D -s "$shell" "$user"
  fi
}

make_user ()
{
  first=$(field 1000 1)
  if [ -x /usr/lib/userconf-pi/userconf ] && [ -n "$first" ]; then
    # It also ends the wizard that would ask for a user on the console.
    /usr/lib/userconf-pi/userconf "$user" ''
  elif [ -n "$(field "$user" 1)" ]; then
    :
  elif [ "$first" = pi ]; then
    rename_user pi
  else
    add_user
  fi
  id=$(field "$user" 3)
  # An account of the system is not for logins.
  [ -n "$id" ] && [ "$id" -ge 1000 ] || return 1
  printf '%s:%s\n' "$user" "$password" | chpasswd -e
}

# As Raspberry Pi OS has it for its first user.
allow_sudo ()
{
  [ -d /etc/sudoers.d ] || return 0
  file=/etc/sudoers.d/010_$user-nopasswd
  (umask 337 && echo "$user ALL=(ALL) NOPASSWD: ALL" >"$file.new") &&
    mv "$file.new" "$file"
}

set_keys ()
{
  home=$(field "$user" 6)
  owner=$(field "$user" 3):$(field "$user" 4)
  [ -d "$home" ] || return 1
  mkdir -p "$home/.ssh" && touch "$home/.ssh/authorized_keys" || return 1
  printf '%s\n' "$keys" | while read -r key; do
    grep -qxF -e "$key" "$home/.ssh/authorized_keys" ||
      printf '%s\n' "$key" >>"$home/.ssh/authorized_keys"
  done
  chmod 700 "$home/.ssh" && chmod 600 "$home/.ssh/authorized_keys" &&
    chown "$owner" "$home/.ssh" "$home/.ssh/authorized_keys"
}

enable_ssh ()
{
  for unit in ssh sshd dropbear; do
    for folder in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
      [ -e "$folder/$unit.service" ] || continue
      systemctl enable "$unit.service"
      return
    done
  done
  echo "there is no ssh server"
  return 1
}

# --- the network ----------------------------------------------------------------

set_country ()
{
  if have raspi-config; then
    raspi-config nonint do_wifi_country "$wifi_country" || :
  fi
  # The kernel knows it from then on, whatever the tools of the system are.
  case " $(cat "$boot/cmdline.txt") " in
    *" cfg80211.ieee80211_regdom="*) ;;
    *) sed "1s/\$/ cfg80211.ieee80211_regdom=$wifi_country/" "$boot/cmdline.txt" \
         >"$boot/cmdline.new" && mv "$boot/cmdline.new" "$boot/cmdline.txt" ||
         return 1 ;;
  esac
  # A Pi without a country has its radio switched off, in three places.
  ! have rfkill || rfkill unblock wifi || :
  for file in /var/lib/systemd/rfkill/*:wlan; do
    [ ! -e "$file" ] || echo 0 >"$file"
  done
  file=/var/lib/NetworkManager/NetworkManager.state
  [ ! -e "$file" ] || sed -i 's/^WirelessEnabled=false/WirelessEnabled=true/' "$file"
}

# The name goes in as bytes, so that nothing in it has a meaning.
connection ()
{
  cat <<END
[connection]
id=first-boot
uuid=$(cat /proc/sys/kernel/random/uuid)
type=wifi

[wifi]
mode=infrastructure
ssid=$wifi_ssid_bytes

END
  [ -z "$wifi_psk" ] || printf '[wifi-security]\nkey-mgmt=wpa-psk\npsk=%s\n\n' "$wifi_psk"
  printf '[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n'
}

supplicant ()
{
  cat <<END
ctrl_interface=DIR=/var/run/wpa_supplicant GROUP=netdev
update_config=1
country=$wifi_country
network={
	ssid=$wifi_ssid_hex
	scan_ssid=1
END
  if [ -n "$wifi_psk" ]; then
    printf '\tpsk=%s\n}\n' "$wifi_psk"
  else
    printf '\tkey_mgmt=NONE\n}\n'
  fi
}

# secret FILE COMMAND: what the command says becomes a file that root alone can read.
secret ()
{
  (umask 077 && "$2" >"$1.new") && mv "$1.new" "$1"
}

set_wifi ()
{
  manager=/etc/NetworkManager/system-connections
  # The name in two parts: a firstrun.sh that has it in one is taken for that of an old
  # program by Raspberry Pi OS, which then switches NetworkManager off.
  folder=/etc/wpa_supplicant
  if [ -d "$manager" ] && systemctl -q is-enabled NetworkManager; then
    secret "$manager/first-boot.nmconnection" connection
  elif [ -d "$folder" ]; then
    secret "$folder/${folder##*/}.conf" supplicant
  else
    echo "there is neither NetworkManager nor wpa_supplicant"
    return 1
  fi
}

# --- the end --------------------------------------------------------------------

leave_cmdline ()
{
  line=$(head -n 1 "$boot/cmdline.txt")
  case $line in
    *"$cmdline_part"*) ;;
    *) return 0 ;;
  esac
  printf '%s%s\n' "${line%%"$cmdline_part"*}" "${line#*"$cmdline_part"}" \
    >"$boot/cmdline.new" && sync && mv "$boot/cmdline.new" "$boot/cmdline.txt" && sync
}

# What is deleted stays readable on a FAT: the hash and the key are overwritten first.
remove_self ()
{
  size=$(wc -c <"$0") &&
    dd if=/dev/zero of="$0" bs="$size" count=1 conv=notrunc 2>/dev/null && sync &&
    rm -f "$0" && sync
}

tell_failures ()
{
  if [ -z "$failures" ]; then
    rm -f "$boot/first-boot-failed.txt"
    return
  fi
  { echo "These steps of the first boot have failed:$failures"
    cat "$log"; } >"$boot/first-boot-failed.txt"
}

# One read of all: the file removes itself while it runs.
main ()
{
  { mkdir -p /var/log && (umask 077 && : >"$log"); } 2>/dev/null || log=/dev/null
  [ -z "$hostname" ] || step "hostname" set_hostname
  if [ -n "$user" ] && step "user" make_user; then
    step "sudo" allow_sudo
    [ -z "$keys" ] || step "ssh keys" set_keys
    step "ssh server" enable_ssh
  fi
  [ -z "$wifi_country" ] || step "WiFi country" set_country
  [ -z "$wifi_ssid_hex" ] || step "WiFi" set_wifi
  step "cmdline.txt" leave_cmdline
  tell_failures
  case $failures in
    *cmdline.txt*)
      # A reboot would lead here again, and again: go on into the system instead.
      systemctl --no-block default
      exit 1 ;;
  esac
  remove_self
  exit 0
}
main
