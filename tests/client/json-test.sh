# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests of --json share; sourced after flash-test.sh.

# flash_json ARGUMENTS...: like flash, with --json; the records go to $scratch/records.
flash_json ()
{
  status=0
  "$client" -F "$board_ssh_config" --json "$@" >"$scratch/records" \
    2>"$scratch/said" </dev/null || status=$?
  check_records
}

# Every line is a record as the schema wants it, and stderr is silent.
check_records ()
{
  [ ! -s "$scratch/said" ] || { cat "$scratch/said" >&2; fail "words on stderr"; }
  python3 "$top_srcdir/tests/client/check-json-records.py" \
    "$top_srcdir/client/flash-live-remote-json.schema.json" <"$scratch/records" >&2 ||
    fail "records that the schema does not know"
}

# expect_record FILTER...: there is a record for which each jq filter is true.
expect_record ()
{
  for filter; do
    jq -e -n "[inputs | select($filter)] | length > 0" <"$scratch/records" >/dev/null || {
      cat "$scratch/records" >&2
      fail "no record: $filter"
    }
  done
}

expect_no_record ()
{
  jq -e -n "[inputs | select($1)] | length == 0" <"$scratch/records" >/dev/null ||
    fail "a record that should not be there: $1"
}
