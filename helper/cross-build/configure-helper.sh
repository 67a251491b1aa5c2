#!/bin/sh
# SPDX-License-Identifier: MIT
# Configures a build of flash-helper alone for one architecture:
#
#     configure-helper.sh CONFIGURE LIBRARIES FOLDER ARCHITECTURE NATIVE COMPILER \
#         OPTION...
#
# CONFIGURE and LIBRARIES are absolute paths, FOLDER is where it is built.
# COMPILER is what compiles for the architecture NATIVE, this machine's.

set -eu
# shellcheck source=helper/cross-build/compiler.sh
. "$(dirname -- "$0")/compiler.sh"
configure=$1 libraries=$2 folder=$3 arch=$4 native=$5 cc=$6
shift 6

if [ "$arch" != "$native" ]; then
  launcher=
  case $cc in *ccache\ *) launcher="${cc%% *} " ;; esac
  cc=$launcher$(compiler_of "$arch")
  set -- --host="$(triple_of "$arch")" \
    STRIP="$(tool_prefix_of "$arch")strip" "$@"
fi
mkdir -p "$folder"
cd "$folder"
# Size counts, and what no function needs is dropped by the linker.
exec "$configure" -q --enable-helper-only --disable-shared "$@" CC="$cc" \
  CFLAGS="$(flags_of "$arch") -Os -ffunction-sections -fdata-sections" \
  CPPFLAGS="-I$libraries/include" LDFLAGS="-L$libraries/lib -Wl,--gc-sections" \
  PKG_CONFIG="$(command -v pkg-config)" \
  LIBLZMA_CFLAGS="-I$libraries/include" LIBLZMA_LIBS=-llzma \
  ZLIB_CFLAGS="-I$libraries/include" ZLIB_LIBS=-lz \
  LIBZSTD_CFLAGS="-I$libraries/include" LIBZSTD_LIBS=-lzstd
