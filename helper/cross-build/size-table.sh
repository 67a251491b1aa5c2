#!/bin/sh
# SPDX-License-Identifier: MIT
# size-table.sh PROGRAM...: what each flash-helper-ARCHITECTURE weighs, and which
# decoders are in it.  1 when one is too large for what a small board can spare,
# or lacks a decoder.

set -eu
limit=1500000                   # bytes
failed=no

# Words that only the decoders bring with them, into a stripped program too.
signs='xz:an xz image
gzip:a gzip image
zip:a zip archive
zstd:a zstd image
bzip2:a bzip2 image'

# Sets $found and $missing.
look_for_decoders ()
{
  found=raw missing=
  while IFS=: read -r decoder sign; do
    if grep -a -q -- "$sign" "$1"; then
      found="$found $decoder"
    else
      missing="$missing $decoder"
    fi
  done <<END
$signs
END
}

[ $# -gt 0 ] || exit 0
printf '%-10s %9s  %s\n' flash-helper bytes decoders
for program; do
  bytes=$(($(wc -c <"$program")))
  look_for_decoders "$program"
  arch=${program##*/flash-helper-}
  printf '%-12s %9d  %s\n' "${arch#flash-helper-}" "$bytes" "$found"
  if [ "$bytes" -gt "$limit" ]; then
    echo "size-table: $program has more than $limit bytes" >&2
    failed=yes
  fi
  if [ -n "$missing" ]; then
    echo "size-table: $program has no$missing" >&2
    failed=yes
  fi
done
[ "$failed" = no ]
