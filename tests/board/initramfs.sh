# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# An initramfs out of programs and kernel modules of a system that need not be of
# this machine's architecture.  Sourced after lab.sh.

# initramfs_add_program NAME FROM ROOT: as /bin/NAME, with the libraries that it
# is linked with.  FROM is the folder of the system it comes from, "" this one.
initramfs_add_program ()
{
  local name=$1 from=$2 root=$3 folder
  for folder in bin sbin usr/bin usr/sbin; do
    [ -f "$from/$folder/$name" ] || continue
    mkdir -p "$root/bin"
    cp -L "$from/$folder/$name" "$root/bin/$name"
    add_libraries "$root/bin/$name" "$from" "$root"
    return
  done
  lab_die "there is no program $name in ${from:-this system}"
}

# ldd would have to run the program.
add_libraries ()        # FILE FROM ROOT
{
  local words name folder
  words=$(readelf --wide --program-headers --dynamic "$1")
  name=$(sed -n 's/.*program interpreter: \(.*\)\]/\1/p' <<<"$words")
  [ -z "$name" ] || initramfs_add_file "$2" "${name#/}" "$3"
  for name in $(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$words"); do
    for folder in lib/$KIND_TRIPLET usr/lib/$KIND_TRIPLET lib64 lib usr/lib; do
      [ -e "$2/$folder/$name" ] || continue
      initramfs_add_file "$2" "$folder/$name" "$3"
      continue 2
    done
    lab_die "$1 needs $name, which is not in ${2:-this system}"
  done
}

# initramfs_add_file FROM PATH ROOT: a program or library, with its libraries.
initramfs_add_file ()
{
  [ ! -e "$3/$2" ] || return 0
  mkdir -p "$3/$(dirname "$2")"
  cp -L "$1/$2" "$3/$2"
  add_libraries "$3/$2" "$1" "$3"
}

# initramfs_add_name_service ROOT: before glibc 2.34 passwd was read by a library that
# no program names.
initramfs_add_name_service ()
{
  local library=/lib/$KIND_TRIPLET/libnss_files.so.2
  [ ! -f "$library" ] || initramfs_add_file "" "${library#/}" "$1"
}

# initramfs_add_modules FROM ROOT NAME...: out of the folder lib/modules/VERSION
# FROM, with what they depend on, unpacked: not every busybox can unpack what
# distributions compress them with.
initramfs_add_modules ()
{
  local from=$1 to path
  to=$2/lib/modules/$(basename "$1")
  shift 2
  mkdir -p "$to"
  sed -E 's/\.ko\.(xz|zst|gz)/.ko/g' "$from/modules.dep" >"$to/modules.dep"
  list_modules "$from/modules.dep" "$@" | while read -r path; do
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
list_modules ()
{
  local module dep=$1
  shift
  for module in "$@"; do
    { grep -E "/${module//[_-]/[_-]}\.ko[^:]*:" "$dep" || :; } | tr -d ':' | tr ' ' '\n'
  done | sort -u
}

# initramfs_add_root_login ROOT: by the lab's key, and by no password.
initramfs_add_root_login ()
{
  echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
  echo 'root:x:0:' >"$1/etc/group"
  echo 'root:*:19000:0:99999:7:::' >"$1/etc/shadow"
  echo /bin/sh >"$1/etc/shells"
  mkdir -p "$1/root/.ssh"
  cp "$LAB_KEYS/login.pub" "$1/root/.ssh/authorized_keys"
  chmod 700 "$1/root" "$1/root/.ssh"
  chmod 600 "$1/root/.ssh/authorized_keys" "$1/etc/shadow"
}

# initramfs_pack ROOT FILE
initramfs_pack ()
{
  (cd "$1" && find . | LC_ALL=C sort | busybox cpio -o -H newc -R 0:0 2>/dev/null) \
    | gzip -6 >"$2"
}
