#!/bin/sh
# SPDX-License-Identifier: MIT
# `images URI` lists what a server offers, ours or a foreign one, and says what is wrong with one that does not.
set -eu
# shellcheck source=tests/functions.sh
. "$(dirname "$0")/../functions.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"
client=$top_builddir/client/flash-live-remote
HOME=$scratch
export HOME

# images STATUS ARGUMENTS...: the table is in $scratch/table, the words in said.
images ()
{
  wanted=$1
  shift
  status=0
  "$client" images "$@" >"$scratch/table" 2>"$scratch/said" || status=$?
  [ "$status" -eq "$wanted" ] || {
    cat "$scratch/said" "$scratch/table" >&2
    fail "images $*: exit status $status, not $wanted"
  }
}

expect_table ()
{
  for regex; do
    grep -Eq -- "$regex" "$scratch/table" || {
      cat "$scratch/said" "$scratch/table" >&2
      fail "the table lacks: $regex"
    }
  done
}

expect_says ()
{
  for regex; do
    grep -Eqi -- "$regex" "$scratch/said" || {
      cat "$scratch/said" >&2
      fail "it did not say: $regex"
    }
  done
}

# A server of ours.
mkdir -p "$scratch/images/halos"
seq 200000 >"$scratch/raw"
truncate -s 4M "$scratch/raw"
cp "$scratch/raw" "$scratch/images/tools.img"
xz -0 <"$scratch/raw" >"$scratch/images/halos/marine.img.xz"
start_nbd_server "$flashimage" "dir=$scratch/images"
ours=nbd://127.0.0.1:$port
images 0 "$ours"
[ "$(wc -l <"$scratch/table")" -eq 3 ] || fail "not two images: $(cat "$scratch/table")"
expect_table '^NAME +FORMAT +DISK +STORED +AGE +INTEGRITY$' \
  '^halos/marine.img.xz +xz +4.2 MB +[0-9.]+ kB +[a-z0-9 ]+ +not proven$' \
  '^tools.img +raw +4.2 MB +4.2 MB +[a-z0-9 ]+ +not proven$'
# What was scanned is proven.
"$client" --dry-run root@nowhere.invalid "$ours/tools.img" >/dev/null 2>&1 </dev/null || :
images 0 "$ours"
expect_table '^tools.img .*  proven$' '^halos/marine.img.xz .* not proven$'
# The names that begin with the URI's.
images 0 "$ours/halos/"
[ "$(wc -l <"$scratch/table")" -eq 2 ] || fail "not one image"
expect_table '^halos/marine.img.xz '
images 0 "$ours/nothing"
[ ! -s "$scratch/table" ] || fail "a table of nothing"
expect_says "no image whose name begins with nothing"

# A foreign one, with names that would do things to a terminal.
mkdir "$scratch/odd"
cp "$scratch/raw" "$scratch/odd/plain.img"
cp "$scratch/raw" "$scratch/odd/$(printf 'a\033[2Jb.img')"
start_nbd_server file "dir=$scratch/odd"
images 0 "nbd://127.0.0.1:$port"
expect_table '^plain.img +- +4.2 MB ' '^a\[2Jb.img '
if grep -q "$(printf '\033')" "$scratch/table"; then
  fail "a control character got through"
fi

# Thousands of them.
mkdir "$scratch/many"
(cd "$scratch/many" && seq -f 'image-%05g.img' 3000 | xargs touch)
start_nbd_server file "dir=$scratch/many"
images 0 "nbd://127.0.0.1:$port"
[ "$(wc -l <"$scratch/table")" -eq 3001 ] || fail "not all of them are listed"

# What is no server, or none that has a list.
images 2 "$scratch/raw"
expect_says "URI of an image server"
images 2 https://127.0.0.1/x
expect_says "web server has no list"
images 2 ftp://127.0.0.1/
expect_says "nbd://"
free_port
images 3 "nbd://127.0.0.1:$port"
expect_says "takes no connections"
images 3 "nbd+unix:///?socket=$scratch/none"
expect_says "does not exist"
images 3 nbd://nowhere.invalid
expect_says "no machine of that name"
cat >"$scratch/no-list" <<'END'
#!/bin/sh
case $1 in
  list_exports) echo no list >&2; exit 1 ;;
  get_size) echo 4096 ;;
  *) exit 2 ;;
esac
END
chmod 755 "$scratch/no-list"
start_nbd_server sh "$scratch/no-list"
images 3 "nbd://127.0.0.1:$port"
expect_says "no list"
