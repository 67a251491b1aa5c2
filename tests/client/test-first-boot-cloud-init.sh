#!/bin/sh
# SPDX-License-Identifier: MIT
# user-data, network-config and meta-data are YAML that says what the settings say.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"

requires python3 -c 'import yaml'
FLASH_LIVE_REMOTE_HELPER_DIR=$top_builddir/helper/deployed
HOME=$scratch
export FLASH_LIVE_REMOTE_HELPER_DIR HOME
ssh-keygen -q -t ed25519 -N '' -C 'x: "y" # {z} \ %' -f "$scratch/key"

# make_files: from standard input into $scratch/out.
make_files ()
{
  rm -rf "$scratch/out"
  mkdir "$scratch/out"
  (umask 077 && cat >"$scratch/conf")
  "$top_builddir/tests/client/print-first-boot" "$scratch/conf" "$scratch/out" ||
    fail "no files were made"
  # The judge itself, where it is installed.
  ! command -v cloud-init >/dev/null ||
    cloud-init schema --config-file "$scratch/out/user-data" >"$scratch/schema" 2>&1 ||
    { cat "$scratch/schema" >&2; fail "cloud-init does not take user-data"; }
}

# holds CONDITION: in Python, about u (user-data), n (network-config), m (meta-data).
holds ()
{
  python3 - "$scratch/out" "$1" <<'END' || { cat "$scratch/out"/*-* >&2; fail "not so: $1"; }
import sys, yaml
folder, condition = sys.argv[1:]
def load(name):
    with open(folder + '/' + name, encoding='utf-8') as f:
        return yaml.safe_load(f)
u, n, m = (load(name) for name in ('user-data', 'network-config', 'meta-data'))
key = open(folder + '/../key.pub').read().rstrip('\n')
ssid = open(folder + '/../ssid', encoding='utf-8').read()
sys.exit(0 if eval(condition) else 1)
END
}

printf '%s' "Bö\"ts'haus: \\#%{x}🚢" >"$scratch/ssid"
make_files <<END
hostname=halos-7
user=anna
password=it's "a" \\n \$(b): #c
ssh-key=@$scratch/key.pub
wifi-ssid=$(cat "$scratch/ssid")
wifi-password=correct horse
wifi-country=DE
END
head -n 1 "$scratch/out/user-data" | grep -qx '#cloud-config' || fail "no first line"
! grep -q -e 'correct horse' -e 'a.*#c' "$scratch"/out/*-* || fail "a plain password"
holds 'u["hostname"] == "halos-7" and m["local-hostname"] == "halos-7"'
holds 'm["instance-id"] == "instance-1"'
holds '[x["name"] for x in u["users"]] == ["anna"]'
holds 'u["users"][0]["ssh_authorized_keys"] == [key]'
holds 'u["users"][0]["passwd"].startswith("$6$") and not u["users"][0]["lock_passwd"]'
holds '"sudo" in u["users"][0]["groups"] and u["ssh_pwauth"] is True'
holds 'any("enable --now ssh" in c for c in u["runcmd"])'
holds '"iw reg set DE || true" in u["runcmd"]'
holds 'n["version"] == 2 and n["ethernets"]["eth0"]["dhcp4"] is True'
holds 'list(n["wifis"]["wlan0"]["access-points"]) == [ssid]'
holds 'len(n["wifis"]["wlan0"]["access-points"][ssid]["password"]) == 64'

# What YAML would take for something else.
printf 'no' >"$scratch/ssid"
make_files <<END
hostname=0x10
user=on
ssh-key=@$scratch/key.pub
wifi-ssid=no
wifi-country=NO
END
holds 'u["hostname"] == "0x10" and u["users"][0]["name"] == "on"'
holds 'n["wifis"]["wlan0"]["access-points"] == {"no": {}}'
holds '"iw reg set NO || true" in u["runcmd"]'
holds '"passwd" not in u["users"][0] and u["users"][0]["lock_passwd"] is True'
holds 'u["ssh_pwauth"] is False'

# Nothing but a name.
make_files <<END
hostname=a
END
holds 'set(u) == {"hostname", "manage_etc_hosts"} and n is None'
