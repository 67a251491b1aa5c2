# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# The formats of the corpus and their peers.  Sourced.

image_name ()
{
  case $1 in
    xz)          echo blocks.img.xz ;;
    xz-one)      echo one-block.img.xz ;;
    gzip)        echo image.img.gz ;;
    zstd)        echo one-frame.img.zst ;;
    zstd-frames) echo frames.img.zst ;;
    bzip2)       echo image.img.bz2 ;;
    zip)         echo image.img.zip ;;
    *) echo "$0: not a format: $1" >&2; return 1 ;;
  esac
}

# The filters of nbdkit that serve FORMAT.  The xz filter refuses a Block of
# more than 512 MB, so it is no peer for xz-one.
filters_of ()
{
  case $1 in
    xz)   echo xz-filter ;;
    gzip) echo gzip-filter ;;
  esac
}

# The programs that decode FORMAT from start to end.
tools_of ()
{
  case $1 in
    xz*)   echo xz-T0 ;;
    gzip)  echo zcat igzip ;;
    zip)   echo zcat ;;
    zstd*) echo zstd ;;
    bzip2) echo bzip2 ;;
  esac
}

tool_command ()
{
  case $1 in
    xz-T0) echo xz -dc -T0 ;;
    zcat)  echo zcat ;;
    igzip) echo igzip -dc ;;
    zstd)  echo zstd -q -dc ;;
    bzip2) echo bzip2 -dc ;;
  esac
}
