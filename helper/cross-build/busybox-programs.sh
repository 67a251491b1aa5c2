#!/bin/sh
# SPDX-License-Identifier: MIT
# A static busybox for boards that have none, from the distribution's package
# busybox-static for each architecture:
#
#     busybox-programs.sh DIRECTORY ARCHITECTURE...
#
# puts DIRECTORY/ARCHITECTURE/busybox there, beside the decoder libraries; the
# build makes busybox-ARCHITECTURE of it.  What is there already stays; what the
# distribution does not have is left out.  Nothing is installed, and no foreign
# architecture is added to the system.

set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=helper/cross-build/private-apt.sh
. "$here/private-apt.sh"

# debian_name_of ARCH
debian_name_of ()
{
  case $1 in
    x86_64) echo amd64 ;;
    i686) echo i386 ;;
    aarch64) echo arm64 ;;
    armv7) echo armhf ;;
    armv6) echo armel ;;
    *) echo "$1" ;;
  esac
}

# unpack_busybox ARCH: 1 when the distribution has none.
unpack_busybox ()
{
  place=$private_apt/busybox-$1
  rm -rf "$place"
  mkdir -p "$place/unpacked"
  cd "$place" || return 1
  private_apt_fetch download "busybox-static:$(debian_name_of "$1")" >download.log 2>&1 &&
    dpkg-deb -x ./*.deb unpacked || return 1
  for found in "$place"/unpacked/bin/busybox "$place"/unpacked/usr/bin/busybox; do
    [ -f "$found" ] || continue
    mkdir -p "$directory/$1"
    cp "$found" "$directory/$1/busybox"
    return 0
  done
  return 1
}

[ $# -ge 2 ] || {
  echo "usage: busybox-programs.sh DIRECTORY ARCHITECTURE..." >&2
  exit 1
}
mkdir -p "$1"
directory=$(cd -- "$1" && pwd)
shift
wanted=
names=
for arch; do
  # A package that is not there is looked for once.
  [ ! -e "$directory/$arch/busybox" ] || continue
  [ ! -e "$directory/$arch/no-busybox" ] || continue
  wanted="$wanted $arch"
  names="$names $(debian_name_of "$arch")"
done
[ -n "$wanted" ] || exit 0

echo "Fetching busybox-static for$wanted"
# shellcheck disable=SC2086 # one word an architecture
private_apt_open "$directory/busybox-packages" deb $names || {
  echo "busybox-programs: no packages can be had here" >&2
  exit 1
}
for arch in $wanted; do
  if ! unpack_busybox "$arch"; then
    echo "The distribution has no busybox-static for $arch"
    mkdir -p "$directory/$arch"
    : >"$directory/$arch/no-busybox"
  fi
done
cd "$directory"
private_apt_close
