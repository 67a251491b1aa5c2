# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Reads what makes a board reachable, for --keep, and changes nothing.  It reaches the
# board's own sh as root on stdin, behind two assignments: ITEMS, what is to be kept, and
# LOGIN_USER, who logs in.
#
# Between two markers it prints a line for each file,
#
#   file ITEM MODE USER GROUP LABEL SIZE PATH
#
# (LABEL: SELinux's, or -) and its bytes, encoded, up to a line with a dot; besides
# `encoding NAME', `fact NAME VALUE', and `refuse ITEM WHY'.  What is printed here
# travels over ssh only: there are private keys in it.
#
# It runs under dash, busybox ash and bash.

# Bytes of all files; encoded they are not more than a client takes.
LIMIT=30000
total=0
newline='
'

has () {
  command -v "$1" >/dev/null 2>&1
}

# -- Files as text ------------------------------------------------------------

find_encoding () {
  if has base64; then
    encoding=base64
  elif has od; then
    encoding=hex
  else
    encoding=none
  fi
  echo "encoding $encoding"
}

encode () {
  case $encoding in
    base64) base64 <"$1" ;;
    hex) od -An -v -tx1 <"$1" | tr -d ' ' ;;
  esac
}

# Mode, owner and group of a file, and its label.
describe () {
  meta=$(stat -c '%a %U %G' -- "$1" 2>/dev/null)
  case $meta in
    [0-7]*' '?*' '?*) ;;
    *) meta='600 root root' ;;
  esac
  label=-
  [ ! -d /sys/fs/selinux/class ] || label=$(stat -c %C -- "$1" 2>/dev/null)
  case $label in *:*:*) ;; *) label=- ;; esac
  tell "$meta $label"
}

# tell TEXT: some shells' echo takes backslashes for something
tell () {
  printf '%s\n' "$1"
}

refuse () {
  tell "refuse $1 $2"
}

# keep ITEM FILE...: what of these there is.
keep () {
  item=$1
  shift
  for file; do
    [ -f "$file" ] && [ -r "$file" ] || continue
    size=$(wc -c <"$file") || continue
    size=$((size))
    total=$((total + size))
    if [ $total -gt $LIMIT ]; then
      refuse "$item" "it is more than $LIMIT bytes in all (up to $file)"
      return
    fi
    case $file in
      *"$newline"*) refuse "$item" "a file's name has more than one line"; return ;;
    esac
    tell "file $item $(describe "$file") $size $file"
    encode "$file"
    echo .
  done
}

# -- What can be kept ---------------------------------------------------------

# The sshd that this login came through, by its processes; or, for one that came
# through none (a console, a terminal multiplexer), what runs on this board.
our_sshd () {
  pid=$$
  while [ "${pid:-0}" -gt 1 ]; do
    name=$(cat "/proc/$pid/comm" 2>/dev/null)
    case $name in
      sshd*) echo openssh; return ;;
      dropbear*) echo dropbear; return ;;
    esac
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null)
  done
  if runs sshd; then echo openssh; elif runs dropbear; then echo dropbear; fi
}

keep_ssh_host_keys () {
  kind=$(our_sshd)
  echo "fact sshd ${kind:-unknown}"
  case $kind in
    openssh) keep ssh-host-keys /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub ;;
    dropbear) keep ssh-host-keys /etc/dropbear/dropbear_*_host_key ;;
  esac
}

keep_hostname () {
  if [ -f /etc/config/system ]; then
    refuse hostname "this board keeps its name in /etc/config/system"
    return
  fi
  keep hostname /etc/hostname
  while read -r address names; do
    if [ "$address" = 127.0.1.1 ]; then tell "fact hosts $names"; fi
  done </etc/hosts 2>/dev/null
}

keep_machine_id () {
  keep machine-id /etc/machine-id
}

# The home directory of the user $1.
home_of () {
  while IFS=: read -r name _ _ _ _ home _; do
    if [ "$name" = "$1" ]; then tell "$home"; return; fi
  done </etc/passwd
}

keep_authorized_keys () {
  tell "fact login $LOGIN_USER"
  for user in "$LOGIN_USER" root; do
    home=$(home_of "$user")
    [ -z "$home" ] || [ ! -f "${home%/}/.ssh/authorized_keys" ] || {
      tell "fact user $user"
      keep authorized-keys "${home%/}/.ssh/authorized_keys"
    }
    [ "$LOGIN_USER" != root ] || break
  done
  [ ! -f /etc/dropbear/authorized_keys ] || {
    echo "fact user root"
    keep authorized-keys /etc/dropbear/authorized_keys
  }
}

# Whether a process is called $1, or what is seen of that name.
runs () {
  for comm in /proc/[0-9]*/comm; do
    name=$(cat "$comm" 2>/dev/null)
    [ "$name" != "$1" ] || return 0
  done
  return 1
}

# ifupdown is used where it is told of more than the loopback interface.
uses_ifupdown () {
  cat /etc/network/interfaces /etc/network/interfaces.d/* 2>/dev/null |
    grep -Eq '^[[:space:]]*(iface|auto|allow-hotplug)[[:space:]]+([^l[:space:]]|l[^o[:space:]]|lo[^[:space:]])'
}

has_files () {
  for file; do
    [ ! -f "$file" ] || return 0
  done
  return 1
}

keep_network () {
  if [ -f /etc/config/network ]; then
    refuse network "this board keeps its network in /etc/config/network"
    return
  fi
  if has_files /etc/netplan/*.yaml; then
    echo "fact network netplan"
    keep network /etc/netplan/*.yaml
  fi
  if runs NetworkManager; then
    echo "fact network NetworkManager"
    keep network /etc/NetworkManager/system-connections/*
  fi
  if runs systemd-network; then
    echo "fact network systemd-networkd"
    keep network /etc/systemd/network/*.network /etc/systemd/network/*.netdev \
      /etc/systemd/network/*.link
  fi
  if uses_ifupdown; then
    echo "fact network ifupdown"
    keep network /etc/network/interfaces /etc/network/interfaces.d/*
  fi
  if runs dhcpcd && [ -f /etc/dhcpcd.conf ]; then
    echo "fact network dhcpcd"
    keep network /etc/dhcpcd.conf
  fi
  if has_files /etc/wpa_supplicant/wpa_supplicant*.conf; then
    echo "fact network wpa_supplicant"
    keep network /etc/wpa_supplicant/wpa_supplicant*.conf
  fi
}

echo FLR1-KEEP-BEGIN
find_encoding
if [ "$encoding" = none ]; then
  refuse "${ITEMS%% *}" "the board has neither base64 nor od to send files by"
  ITEMS=
fi
for wanted in $ITEMS; do
  case $wanted in
    ssh-host-keys) keep_ssh_host_keys ;;
    hostname) keep_hostname ;;
    network) keep_network ;;
    authorized-keys) keep_authorized_keys ;;
    machine-id) keep_machine_id ;;
  esac
done
echo FLR1-KEEP-END
