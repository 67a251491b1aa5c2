#!/bin/sh
# SPDX-License-Identifier: MIT
# Parameters, help, and refusals before anything is served.
# shellcheck source-path=SCRIPTDIR source=plugin-functions.sh
. "${srcdir:=.}/plugin-functions.sh"

make_image "$TMP/raw" 1

nbdkit "$PLUGIN" --dump-plugin >"$TMP/dump"
grep -q '^flashimage_formats=raw,xz,gzip,zstd,bzip2,zip$' "$TMP/dump" || fail "formats"
grep -q '^flashimage_exports=disk,stored,integrity,digests$' "$TMP/dump" || fail "exports"
grep -q '^thread_model=parallel$' "$TMP/dump" || fail "thread model"
grep -q '^magic_config_key=file$' "$TMP/dump" || fail "magic key"

nbdkit "$PLUGIN" --help >"$TMP/help"
for word in 'file=' 'dir=DIR' 'uri=URI' 'name=TEXT' 'cache=SIZE' 'threads=N' \
  'tmpdir=DIR' 'index=' 'share='; do
  grep -q -- "$word" "$TMP/help" || fail "$word is not in the help"
done

# refused TEXT ARGS...: nbdkit must not start, and say TEXT.
refused ()
{
  text=$1
  shift
  if nbdkit -U - "$PLUGIN" "$@" --run true 2>"$TMP/error"; then
    fail "started: $*"
  fi
  grep -q -- "$text" "$TMP/error" || fail "$*: $(cat "$TMP/error")"
}

: >"$TMP/empty"
refused "the image is missing"
refused "cannot open .*nothing-here: No such file" "$TMP/nothing-here"
refused "the file is empty" "$TMP/empty"
refused "neither a regular file nor a disk" "$TMP"
refused "exclude each other" "$TMP/raw" dir="$TMP"
refused "exclude each other" "$TMP/raw" uri=nbd://localhost/
refused "exclude each other" dir="$TMP" uri=nbd://localhost/
refused "uri may be given once" uri=nbd://localhost/ uri=nbd://localhost/
refused "name is for an image that uri names" "$TMP/raw" name=image
refused "http://localhost/: nbd_aio_connect_uri: unknown NBD URI scheme" \
  uri=http://localhost/
refused "cannot open the folder .*nothing-here" dir="$TMP/nothing-here"
refused "cannot open the folder .*Not a directory" dir="$TMP/raw"
refused "dir may be given once" dir="$TMP" dir="$TMP"
refused "unknown parameter" "$TMP/raw" colour=red
refused "file may be given once" "$TMP/raw" file="$TMP/empty"
refused "could not parse size" "$TMP/raw" cache=lots
refused "could not decipher boolean" "$TMP/raw" share=perhaps
refused "threads" "$TMP/raw" threads=-1

# A relative path, with nbdkit going to the background and to another folder.
cd "$TMP"
nbdkit -U "$TMP/s" -P "$TMP/p" "$PLUGIN" file=raw threads=2 cache=10M
# It is in the background a moment before it writes this.
retry 30 test -s "$TMP/p" || fail "no pid file"
NBDKIT_PID=$(cat "$TMP/p")
nbdcopy "nbd+unix:///disk?socket=$TMP/s" - | cmp - raw || fail "after the fork"

# The connections that were made before that are good afterwards.
nbdkit -U "$TMP/s2" -P "$TMP/p2" "$PLUGIN" uri="nbd+unix:///disk?socket=$TMP/s"
retry 30 test -s "$TMP/p2" || fail "no pid file"
nbdcopy "nbd+unix:///disk?socket=$TMP/s2" - | cmp - raw || fail "uri, after the fork"
kill "$(cat "$TMP/p2")"

# No space or no folder for the spool file: the message names the folder.
if command -v xz >/dev/null; then
  truncate -s 40M "$TMP/large"
  xz -0 -T1 -c "$TMP/large" >"$TMP/large.xz"
  if nbdkit -U - "$PLUGIN" "$TMP/large.xz" tmpdir="$TMP/not-there" \
       --run 'nbdcopy "$uri" null:' 2>"$TMP/error"; then
    fail "spooled to nowhere"
  fi
  grep -q "cannot make a spool file in $TMP/not-there" "$TMP/error" ||
    fail "$(cat "$TMP/error")"
fi
