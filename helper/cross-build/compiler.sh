# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The compiler for each architecture of flash-helper; to be sourced.

# What a helper can be built for.
# shellcheck disable=SC2034 # used by who sources this
architectures='x86_64 i686 aarch64 armv7 armv6 riscv64'

# triple_of ARCH: the system that its compiler compiles for; 1: no such ARCH.
# armv6 is soft float for ARMv5 and newer: what Debian calls armel.  A static
# program does not care about the board's float ABI.
triple_of ()
{
  case $1 in
    x86_64 | i686 | aarch64 | riscv64) echo "$1-linux-gnu" ;;
    armv7) echo arm-linux-gnueabihf ;;
    armv6) echo arm-linux-gnueabi ;;
    *) return 1 ;;
  esac
}

# flags_of ARCH: what the compiler must be told about the oldest board.  (On i686
# gcc has a word about other versions of gcc, which share no object with ours.)
flags_of ()
{
  case $1 in
    i686) echo -Wno-psabi ;;
    armv7) echo -march=armv7-a+fp ;;
    armv6) echo -march=armv5te -mfloat-abi=soft ;;
  esac
}

# tool_prefix_of ARCH: "" for the machine's own tools
tool_prefix_of ()
{
  tools_triple=$(triple_of "$1") || return 1
  if command -v "$tools_triple-gcc" >/dev/null 2>&1; then
    echo "$tools_triple-"
  fi
}

# compiler_of ARCH: its C compiler; 1: there is none.
compiler_of ()
{
  compiler_prefix=$(tool_prefix_of "$1") || return 1
  if [ -n "$compiler_prefix" ]; then
    echo "${compiler_prefix}gcc"
  elif [ "$(gcc -dumpmachine 2>/dev/null)" = "$(triple_of "$1")" ]; then
    echo gcc
  else
    return 1
  fi
}

# helper_arch_of CPU SYSTEM: the architecture of a machine that a configuration
# calls so; where none of those below is like it, CPU.
helper_arch_of ()
{
  case $1:$2 in
    amd64:*) echo x86_64 ;;
    i[3-6]86:*) echo i686 ;;
    arm64:*) echo aarch64 ;;
    armv[78]*:* | arm:*gnueabihf) echo armv7 ;;
    arm*:*) echo armv6 ;;
    *) echo "$1" ;;
  esac
}

# strip_program ARCH FROM TO
strip_program ()
{
  "$(tool_prefix_of "$1")strip" -o "$3" "$2"
}
