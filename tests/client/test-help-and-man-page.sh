#!/bin/sh
# SPDX-License-Identifier: MIT
# --help and the man page list the same options, with the same default.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"

client=$top_builddir/client/flash-live-remote
pod=$top_srcdir/client/flash-live-remote.pod

"$client" --help >"$scratch/help"
[ "$(wc -l <"$scratch/help")" -le 40 ] || fail "--help does not fit a screen"
[ "$(wc -L <"$scratch/help")" -le 80 ] || fail "--help is too wide"

# Every option that --help mentions; "--ramfs|--stream" in its first line, too.
grep -oE -- '(^|[^A-Za-z0-9-])(--[a-z][a-z-]*|-[a-zA-Z])\b' "$scratch/help" |
  grep -oE -- '-.*' | sort -u >"$scratch/in-help"
# Every option that has a paragraph of its own in the man page.
sed -n 's/^=item B<\(-[^>]*\)>.*/\1/p' "$pod" | sort -u >"$scratch/in-man"
[ "$(wc -l <"$scratch/in-man")" -ge 10 ] || fail "the man page was not understood"
diff "$scratch/in-help" "$scratch/in-man" || fail "help and man page differ"

default=$(sed -n 's/^ *\[\(.*\)\]$/\1/p' "$scratch/help")
[ -n "$default" ] || fail "--help shows no default"
grep -qF -- "C<$default>" "$pod" || fail "the man page has another default"

# An option that does not exist is a usage error, and stdout stays empty.
status=0
"$client" --strem board image >"$scratch/stdout" 2>"$scratch/stderr" || status=$?
[ "$status" -eq 2 ] || fail "a mistyped option gave status $status"
grep -q -- '--stream' "$scratch/stderr" || fail "no suggestion"
[ ! -s "$scratch/stdout" ] || fail "an error went to stdout"
"$client" --version >"$scratch/version"
for library in libssh libnbd nettle nbdkit; do
  grep -q "^$library [0-9]" "$scratch/version" || fail "--version has no $library"
done
PATH=$scratch "$client" --version | grep -qx 'nbdkit not found' ||
  fail "--version finds an nbdkit that is not there"

# suggests WORDS ARGUMENTS...: status 2, and WORDS on stderr.
suggests ()
{
  words=$1
  shift
  status=0
  "$client" "$@" 2>"$scratch/stderr" || status=$?
  [ "$status" -eq 2 ] || fail "$* gave status $status"
  grep -qF -- "$words" "$scratch/stderr" || {
    cat "$scratch/stderr" >&2
    fail "$*: not said: $words"
  }
}
suggests 'unknown option --strem; did you mean --stream? [option-unknown]' --strem b i
suggests 'unknown option --comfirm=b; did you mean --confirm?' --comfirm=b b i
suggests 'unknown option -stream; did you mean --stream?' -stream b i
suggests 'unknown option -dryrun; did you mean --dry-run?' b -dryrun i
suggests 'unknown option -x; --help' -x b i
suggests 'unknown option -x; --help' b -x -xyz i
suggests 'unknown or ambiguous option --nonsense' --nonsense b i
suggests 'did you mean the command abandon? [command-unknown]' abandom board

# So is an option that the command does not take; and a command that is near one.
for arguments in '--rehearse --dry-run board image' 'status --device /dev/sda board' \
                 'statsu board'; do
  status=0
  # shellcheck disable=SC2086
  "$client" $arguments >"$scratch/stdout" 2>"$scratch/stderr" || status=$?
  [ "$status" -eq 2 ] || fail "$arguments gave status $status"
done
grep -q 'command status' "$scratch/stderr" || fail "no command was suggested"

# The kinds of records: in the code, in the schema and in their man page.
grep -oh 'message_record\(_fields\)\? ($\|message_record\(_fields\)\? ("[a-z_]*"' \
  "$top_srcdir"/client/*.c | grep -o '[a-z_]*"$' | tr -d '"' >"$scratch/in-code.raw"
# One call has its kind on the next line.
grep -h -A1 'message_record ($' "$top_srcdir"/client/*.c |
  sed -n 's/^ *"\([a-z_]*\)".*/\1/p' >>"$scratch/in-code.raw"
sort -u "$scratch/in-code.raw" >"$scratch/in-code"
[ "$(wc -l <"$scratch/in-code")" -ge 10 ] || fail "no kinds of records were found"
grep -o '{"const": "[a-z_]*"}' \
  "$top_srcdir/client/flash-live-remote-json.schema.json" |
  sed 's/.*"\([a-z_]*\)"}/\1/' | sort -u >"$scratch/in-schema"
diff "$scratch/in-code" "$scratch/in-schema" || fail "code and schema differ"
sed -n '/^=head1 RECORDS/,$s/^=item \(B<.*\)/\1/p' \
  "$top_srcdir/client/flash-live-remote-json.pod" |
  grep -o 'B<[a-z_]*>' | sed 's/B<\(.*\)>/\1/' | sort -u >"$scratch/in-page"
diff "$scratch/in-page" "$scratch/in-schema" || fail "man page and schema differ"
