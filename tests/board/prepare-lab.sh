#!/bin/bash
# SPDX-License-Identifier: MIT
# prepare-lab.sh [MEM_MB...]
#
# Makes what is missing or out of date of the lab: the old system, the new system
# and, for each MEM_MB, the snapshot of a board with that much memory.

set -euo pipefail
. "$(dirname "$0")/lab.sh"

main ()
{
  local memory pid makers=()
  lab_locked old "$LAB_SCRIPTS/make-old-system.sh" "$BOARD_LAB_DIR/old"
  lab_locked new "$LAB_SCRIPTS/make-new-system.sh" "$BOARD_LAB_DIR/old" "$BOARD_LAB_DIR/new"
  for memory in "$@"; do
    lab_locked "snapshot-$memory" "$LAB_SCRIPTS/make-snapshot.sh" \
      "$BOARD_LAB_DIR/old/old.img" "$memory" "$BOARD_LAB_DIR/snapshot-$memory" &
    makers+=("$!")
  done
  for pid in "${makers[@]}"; do wait "$pid"; done
}

main "$@"
