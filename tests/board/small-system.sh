# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Systems of this machine's busybox and dropbear, and the kernel of the old system.
# Sourced after lab.sh.

# copy_program NAME ROOT: with the libraries that it is linked with.
copy_program ()
{
  local program library
  program=$(command -v "$1")
  cp -L "$program" "$2/bin/$1"
  ldd "$program" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$2$(dirname "$library")"
    cp -L "$library" "$2$library"
  done || :
}

# Before glibc 2.34 passwd was read by a library that ldd does not know of.
copy_name_service ()
{
  local library
  for library in /lib/*-linux-gnu/libnss_files.so.2; do
    [ -f "$library" ] || continue
    mkdir -p "$1$(dirname "$library")"
    cp -L "$library" "$1$library"
  done
}

# The modules and what they depend on, unpacked: not every busybox can unpack
# what distributions compress them with.
copy_modules ()         # OLD_DIR ROOT MODULES
{
  local version from to path
  version=$(basename "$(echo "$1"/lib/modules/*)")
  from=$1/lib/modules/$version to=$2/lib/modules/$version
  mkdir -p "$to"
  sed -E 's/\.ko\.(xz|zst|gz)/.ko/g' "$from/modules.dep" >"$to/modules.dep"
  list_modules "$from/modules.dep" "$3" | while read -r path; do
    mkdir -p "$to/$(dirname "$path")"
    case $path in
      *.xz) xz -dc "$from/$path" >"$to/${path%.xz}" ;;
      *.zst) zstd -dcq "$from/$path" >"$to/${path%.zst}" ;;
      *.gz) gzip -dc "$from/$path" >"$to/${path%.gz}" ;;
      *) cp "$from/$path" "$to/$path" ;;
    esac
  done
}

# What is built into the kernel is not in modules.dep.
list_modules ()         # MODULES_DEP MODULES
{
  local module
  for module in $2; do
    { grep -E "/$module\.ko[^:]*:" "$1" || :; } | tr -d ':' | tr ' ' '\n'
  done | sort -u
}

pack_initramfs ()       # ROOT
{
  (cd "$1" && find . | LC_ALL=C sort | busybox cpio -o -H newc -R 0:0 2>/dev/null) | gzip -6
}
