#!/bin/bash
# SPDX-License-Identifier: MIT
# prepare-lab.sh [MEM_MB...]
#
# Makes what is missing or out of date of the lab for BOARD_KIND: the old system,
# the new system and, for each MEM_MB, the snapshot of a board with that much
# memory, where the kind has snapshots.

set -euo pipefail
. "$(dirname "$0")/lab.sh"

main ()
{
  local memory pid makers=()
  lab_locked "$BOARD_KIND-old" "$LAB_SCRIPTS/make-old-system.sh" "$KIND_DIR/old"
  lab_locked "$BOARD_KIND-new" "$LAB_SCRIPTS/make-new-system.sh" "$KIND_DIR/old" "$KIND_DIR/new"
  [ "$KIND_SNAPSHOT" = yes ] || return 0
  for memory in "$@"; do
    lab_locked "$BOARD_KIND-snapshot-$memory" "$LAB_SCRIPTS/make-snapshot.sh" \
      "$KIND_DIR/old/old.img" "$memory" "$KIND_DIR/snapshot-$memory" &
    makers+=("$!")
  done
  for pid in "${makers[@]}"; do wait "$pid"; done
}

main "$@"
