#!/bin/sh
# SPDX-License-Identifier: MIT
# A mirror whose lists are ahead of its files: the newest version that can be had is
# taken for the decoder libraries and busybox, and is named.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=helper/cross-build/private-apt.sh
. "$top_srcdir/helper/cross-build/private-apt.sh"

mkdir "$scratch/bin" "$scratch/lists"
cat >"$scratch/bin/apt-get" <<'END'
#!/bin/sh
while [ $# -gt 1 ]; do shift; done
echo "$1" >>asked
case $1 in
  bzip2 | *=1-9) ;;
  *=*) exit 100 ;;
  *) touch "${1%:*}_1-10.part"; exit 100 ;;
esac
END
cat >"$scratch/bin/apt-cache" <<'END'
#!/bin/sh
printf 'Version: %s\n' 1-2 1-10 1-9 1-2
END
chmod +x "$scratch/bin/apt-get" "$scratch/bin/apt-cache"
PATH=$scratch/bin:$PATH
cd "$scratch"
private_apt_open "$scratch" deb-src amd64 && fail "there are no lists"

# fetch RESULT WHAT NAME: which versions are asked for, in which order.
fetch ()
{
  rm -rf "$scratch/into"
  mkdir "$scratch/into"
  cd "$scratch/into"
  result=0
  private_apt_fetch "$2" "$3" || result=1
  cd "$scratch"
  [ "$result" = "$1" ] || fail "$2 $3 gave $result"
}

expect_asked ()
{
  [ "$(tr '\n' ' ' <"$scratch/into/asked")" = "$* " ] ||
    fail "asked for $(tr '\n' ' ' <"$scratch/into/asked")"
}

fetch 0 source bzip2
expect_asked bzip2
fetch 0 source xz-utils
expect_asked xz-utils xz-utils=1-9
[ ! -e "$scratch/into/xz-utils_1-10.part" ] || fail "half of the newest is left"
fetch 0 download busybox-static:arm64
expect_asked busybox-static:arm64 busybox-static:arm64=1-9
[ ! -e "$scratch/into/busybox-static_1-10.part" ] || fail "half of the newest is left"

printf '%s\n' '#!/bin/sh' 'echo "Version: 1-2"; echo "Version: 1-1"' >"$scratch/bin/apt-cache"
fetch 1 source zlib
expect_asked zlib zlib=1-1

private_apt_close >"$scratch/told"
grep -q 'taken instead: xz-utils=1-9 busybox-static:arm64=1-9$' "$scratch/told" ||
  fail "it told: $(cat "$scratch/told")"
[ ! -e "$private_apt" ] || fail "it has left $private_apt"
