#!/bin/sh
# SPDX-License-Identifier: MIT
# draw-recording.py makes a drawing of what a terminal showed, and that in README is one
# of the demo as it is today: each of its steps, and its end.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/functions.sh"
requires python3 -c 'import xml.etree.ElementTree'

draw=$top_srcdir/docs/demo/draw-recording.py
drawing=$top_srcdir/docs/demo/demo.svg

# texts FILE: the visible texts of a drawing, a line of the terminal each.
texts ()
{
  python3 -c '
import sys, xml.etree.ElementTree as tree
for text in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text"):
    print(" ".join("".join(run.itertext()) for run in text) or text.text)' "$1"
}

# say DELAY TEXT: the recording goes on; TEXT is for printf.
say ()
{
  # shellcheck disable=SC2059
  printf "$2" >"$scratch/chunk"
  cat "$scratch/chunk" >>"$scratch/typescript"
  printf '%s %s\n' "$1" "$(wc -c <"$scratch/chunk")" >>"$scratch/timing"
}

echo 'Script started on a day' >"$scratch/typescript"
: >"$scratch/timing"
say 0.1 'what came before\r\n== 1'
say 0.1 '. begins\r\n\033[32mgreen\033[m <\303\244>\r\n'
say 1 'line 3\r\nline 4\r\n'
say 100 'at 1 %%\033[K\n\rat 2 %%\033[K'
say 1 '\033[1A\rat 3\033[K\n\rat 4\033[K'
say 1 '\r\nthe end\r\n'
"$draw" --rows 4 --columns 20 --from '== 1.' --command './x' \
  "$scratch/typescript" "$scratch/timing" >"$scratch/drawing.svg" || fail "it was not drawn"
texts "$scratch/drawing.svg" >"$scratch/texts"
for line in '$ ./x' '== 1. begins' 'green <ä>' 'line 4' 'at 1 %' 'at 4' 'the end' '1:43'; do
  grep -qxF -- "$line" "$scratch/texts" || {
    cat "$scratch/texts" >&2
    fail "'$line' was not drawn"
  }
done
! grep -q before "$scratch/texts" || fail "what came before --from was drawn"
grep -q 'class="c2">green<' "$scratch/drawing.svg" || fail "no colour was drawn"
# What was overwritten is not there at the end.
"$draw" --rows 4 --columns 20 --from '== 1.' --at 1000 \
  "$scratch/typescript" "$scratch/timing" >"$scratch/still.svg"
texts "$scratch/still.svg" >"$scratch/texts"
if grep -q 'at [12]' "$scratch/texts" || ! grep -q 'at 3' "$scratch/texts"; then
  fail "the last moment is not what was drawn"
fi

# The drawing in README.
[ "$(wc -c <"$drawing")" -le 100000 ] || fail "the drawing has more than 100 kB"
texts "$drawing" >"$scratch/texts"
grep -qxF '$ ./bootstrap demo' "$scratch/texts" || fail "the drawing does not say what was typed"
sed -n 's/^  headline "\(.*\)"$/\1/p' "$top_srcdir/tests/board/demo.sh" >"$scratch/steps"
[ "$(wc -l <"$scratch/steps")" -ge 5 ] || fail "the demo's steps were not found"
while read -r step; do
  grep -qF -- "== $step" "$scratch/texts" ||
    fail "the drawing does not show '$step': docs/demo/record-demo.sh makes a new one"
done <"$scratch/steps"
grep -q 'done: the board runs the new system' "$scratch/texts" || fail "the drawing has no good end"
grep -q 'Done: ' "$scratch/texts" || fail "the drawing shows no flash that has ended well"
! grep -E '/(tmp|home|root|work|var)/' "$scratch/texts" || fail "the drawing tells folders of a machine"
