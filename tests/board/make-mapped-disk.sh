#!/bin/bash
# SPDX-License-Identifier: MIT
# make-mapped-disk.sh OLD_IMG OUT_IMG
#
# The old system's disk once more, with its root file system 4 MiB further on,
# where only the device mapper finds it: a root on LVM, as the kernel sees it.

set -euo pipefail
. "$(dirname "$0")/lab.sh"

old=${1:?usage: make-mapped-disk.sh OLD_IMG OUT_IMG}
out=${2:?usage: make-mapped-disk.sh OLD_IMG OUT_IMG}
shift_mib=4

main ()
{
  local p1_start p2_start fat=$out.fat
  p1_start=$(partition_start_mib 1)
  p2_start=$(partition_start_mib 2)
  lab_require_tools sfdisk mcopy
  rm -f "$out"
  dd if="$old" of="$out" bs=1M count="$p2_start" status=none
  dd if="$old" of="$out" bs=1M skip="$p2_start" seek=$((p2_start + shift_mib)) \
    conv=notrunc,sparse status=none
  truncate -s $(($(stat -c %s "$old") + shift_mib * 1048576)) "$out"
  # The second partition is as long as it can be.
  echo ', +' | sfdisk --quiet --no-reread -N 2 "$out" >/dev/null
  dd if="$out" of="$fat" bs=1M skip="$p1_start" count=$((p2_start - p1_start)) status=none
  mcopy -n -i "$fat" ::syslinux.cfg - \
    | sed 's|root=PARTUUID=[^ ]*|root=/dev/mapper/vg-root flr.root=mapped|' >"$out.cfg"
  mcopy -o -i "$fat" "$out.cfg" ::syslinux.cfg
  dd if="$fat" of="$out" bs=1M seek="$p1_start" conv=notrunc status=none
  rm "$fat" "$out.cfg"
}

partition_start_mib ()
{
  echo $(($(sfdisk --dump "$old" | sed -n "s/^.*$1 : start= *\([0-9]*\),.*/\1/p") / 2048))
}

main
