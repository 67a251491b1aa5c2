#!/bin/sh
# SPDX-License-Identifier: MIT
# record-demo.sh COMMAND [FOLDER]
#
# Runs COMMAND (in a built checkout: './bootstrap demo') on a terminal of the size that
# the drawing has, keeps in FOLDER what it showed and when, and draws demo.svg from the
# first step of the demo on.  What is there is drawn again without being run with
# COMMAND "".  Some minutes; needs script(1) and python3.

set -eu

here=$(cd -- "$(dirname -- "$0")" && pwd)
columns=96
rows=30

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  sed -n '3,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
folder=${2:-${TMPDIR:-/tmp}/flash-demo-recording}
mkdir -p "$folder"

if [ -n "$1" ]; then
  (cd "$here/../.." &&
    TERM=xterm-256color LC_ALL=C.UTF-8 script --quiet --return \
      --log-out "$folder/typescript" --log-timing "$folder/timing" \
      --command "stty columns $columns rows $rows; $1")
fi

"$here/draw-recording.py" --columns "$columns" --rows "$rows" --from '== 1. ' \
  --command './bootstrap demo' "$folder/typescript" "$folder/timing" \
  >"$folder/demo.svg"
mv "$folder/demo.svg" "$here/demo.svg"
ls -l "$here/demo.svg"
