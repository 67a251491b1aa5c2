#!/bin/sh
# SPDX-License-Identifier: MIT
# The decoder libraries of flash-helper, small and static, for boards of several
# architectures: liblzma, zlib, libzstd and libbz2 without their encoders.
#
#     decoder-libraries.sh [-s FOLDER] DIRECTORY ARCHITECTURE...
#
# builds each ARCHITECTURE (x86_64 i686 aarch64 armv7 armv6 riscv64) into
# DIRECTORY/ARCHITECTURE/{include,lib}, which `configure --with-helper-libs=DIRECTORY`
# takes.  What is there already is not built again.
#
# The sources come from the distribution's source packages (apt-get source, with a
# configuration of its own), or from FOLDER, which then holds one folder or
# tar archive for each of xz, zlib, zstd and bzip2, named as their authors do
# (xz-5.4.1.tar.xz, zlib-1.2.13, ...).  Needed are make, and for each
# architecture the C compiler that compiler.sh names.

set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=helper/cross-build/compiler.sh
. "$here/compiler.sh"
# shellcheck source=helper/cross-build/private-apt.sh
. "$here/private-apt.sh"

sources=
jobs=$(nproc 2>/dev/null || echo 2)

die ()
{
  echo "decoder-libraries: $*" >&2
  exit 1
}

# -- The sources --------------------------------------------------------------

fetch_sources ()
{
  sources=$directory/source
  if [ -e "$sources/fetched" ]; then
    return 0
  fi
  echo "Fetching the sources of xz, zlib, zstd and bzip2"
  rm -rf "$sources" "$directory/fetch.log"
  mkdir -p "$sources"
  private_apt_open "$directory" deb-src "$(dpkg --print-architecture)" ||
    die "there are no source packages here: name a folder of sources by -s"
  cd "$sources"
  for package in xz-utils zlib libzstd bzip2; do
    private_apt_fetch source $package >>"$directory/fetch.log" 2>&1 ||
      die "the source of $package could not be fetched: see $directory/fetch.log"
  done
  cd "$directory"
  private_apt_close
  : >"$sources/fetched"
}

# unpack NAME...: the source of the first NAME that there is, into
# DIRECTORY/unpacked/NAME1
unpack ()
{
  place=$directory/unpacked/$1
  [ ! -e "$place/unpacked" ] || return 0
  rm -rf "$place"
  mkdir -p "$place"
  for name; do
    for found in "$sources/$name"-[0-9]* "$sources/$name"_[0-9]*.orig.tar.* \
      "$sources/$name"; do
      if [ -d "$found" ]; then
        cp -R "$found/." "$place"
      elif [ -f "$found" ]; then
        case $found in *.asc) continue ;; esac
        tar -x -f "$found" -C "$place" --strip-components=1
      else
        continue
      fi
      : >"$place/unpacked"
      return 0
    done
  done
  die "there is no source of $1 in $sources"
}

# -- One library for one architecture -----------------------------------------

# Each is built in a copy, for three of the four build in their source.
begin ()
{
  work=$directory/work/$arch/$1
  rm -rf "$work"
  mkdir -p "$work"
  cp -R "$directory/unpacked/$1/." "$work"
  cd "$work"
}

build_xz ()
{
  begin xz
  ./configure -q --host="$(triple_of "$arch")" --prefix="$prefix" CC="$cc" \
    CFLAGS="$flags" --disable-shared --disable-encoders --enable-threads=posix \
    --disable-microlzma --disable-lzip-decoder --disable-xz --disable-xzdec \
    --disable-lzmadec --disable-lzmainfo --disable-lzma-links \
    --disable-scripts --disable-doc --disable-nls
  make -s -j "$jobs" -C src/liblzma install
}

build_zlib ()
{
  begin zlib
  CC="$cc" AR="${tool_prefix}ar" RANLIB="${tool_prefix}ranlib" CFLAGS="$flags" \
    ./configure --static --prefix="$prefix" --libdir="$prefix/lib"
  make -s -j "$jobs" libz.a
  cp zlib.h zconf.h "$prefix/include"
  cp libz.a "$prefix/lib"
}

build_zstd ()
{
  begin zstd
  make -s -j "$jobs" -C lib libzstd.a CC="$cc" AR="${tool_prefix}ar" \
    CFLAGS="$flags" ZSTD_LIB_COMPRESSION=0 ZSTD_LIB_DICTBUILDER=0 \
    ZSTD_LIB_DEPRECATED=0 ZSTD_LEGACY_SUPPORT=0
  cp lib/zstd.h lib/zstd_errors.h "$prefix/include"
  cp lib/libzstd.a "$prefix/lib"
}

build_bzip2 ()
{
  begin bzip2
  make -s -j "$jobs" libbz2.a CC="$cc" AR="${tool_prefix}ar" \
    RANLIB="${tool_prefix}ranlib" \
    CFLAGS="$flags -D_FILE_OFFSET_BITS=64"
  cp bzlib.h "$prefix/include"
  cp libbz2.a "$prefix/lib"
}

# The four for $arch: into a folder that gets its name, lib, when all are there.
build_architecture ()
{
  cc=$(compiler_of "$arch") || die "there is no compiler for $arch"
  tool_prefix=$(tool_prefix_of "$arch")
  flags="$(flags_of "$arch") -Os -ffunction-sections -fdata-sections"
  prefix=$directory/$arch.new
  rm -rf "$prefix"
  mkdir -p "$prefix/include" "$prefix/lib"
  echo "Building the decoder libraries for $arch with $cc"
  for library in xz zlib zstd bzip2; do
    (set -e; "build_$library") >"$directory/$arch-$library.log" 2>&1 || {
      tail -n 20 "$directory/$arch-$library.log" >&2
      die "$library for $arch: see $directory/$arch-$library.log"
    }
  done
  rm -rf "$prefix"/lib/*.la "$prefix/lib/pkgconfig"
  mkdir -p "$directory/$arch"
  for old in "$arch/include" "$arch/lib" "work/$arch"; do
    rm -rf "${directory:?}/$old"
  done
  mv "$prefix/include" "$directory/$arch"
  mv "$prefix/lib" "$directory/$arch"
  rmdir "$prefix"
}

# -- The plan -----------------------------------------------------------------

case ${1:-} in
  -s) sources=$(cd -- "${2:?}" && pwd); shift 2 ;;
  -h | --help) sed -n '3,19s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
[ $# -ge 2 ] || die "usage: decoder-libraries.sh [-s FOLDER] DIRECTORY ARCHITECTURE..."
mkdir -p "$1"
directory=$(cd -- "$1" && pwd)
shift

for arch; do
  triple_of "$arch" >/dev/null || die "there is no architecture $arch"
  [ ! -e "$directory/$arch/lib" ] || continue
  [ -n "$sources" ] || fetch_sources
  unpack xz xz-utils
  unpack zlib
  unpack zstd libzstd
  unpack bzip2
  build_architecture
done
