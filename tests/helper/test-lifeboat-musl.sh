#!/bin/sh
# SPDX-License-Identifier: MIT
# A daemon linked with musl: its libraries come into the RAM root, and it is not started to list them.

. "$(dirname -- "$0")/lifeboat-side.sh"
enter_sandbox "$@"
requires musl-gcc --version
make_disk 16777216
{
  echo 'flash-helper say ready'
  echo 'flash-helper wait-for-go'
  echo 'flash-helper say end result=aborted written=no'
} >"$scratch/stand-in.sh"

# Where it does not say its version it is "the board's daemon": it starts a
# command, as for somebody who has logged in.
mkdir "$scratch/lib" "$scratch/bin"
cat >"$scratch/words.c" <<'END'
const char *words (void) { return "Dropbear, or nearly"; }
END
cat >"$scratch/dropbear.c" <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
const char *words (void);
int
main (int argc, char **argv)
{
  int status = 0;
  FILE *log = fopen (STARTS, "a");

  if (log) {
    fprintf (log, "%s\n", argc > 1 ? argv[1] : "");
    fclose (log);
  }
  if (argc > 1 && strcmp (argv[1], "-V") == 0)
    return puts (words ()) == EOF;
  if (fork () == 0) {
    execl ("/bin/sh", "sh", "-c", argv[4], (char *) 0);
    _exit (127);
  }
  wait (&status);
  return status != 0;
}
END
musl-gcc -shared -fPIC -o "$scratch/lib/libwords.so" "$scratch/words.c" ||
  fail "musl-gcc"
musl-gcc -DSTARTS="\"$scratch/starts\"" -o "$scratch/bin/dropbear" \
  "$scratch/dropbear.c" -L"$scratch/lib" -lwords -Wl,-rpath,"$scratch/lib" ||
  fail "musl-gcc"
make_keys
echo 'a host key' >"$scratch/host"

login ()
{
  shift
  "$scratch/bin/dropbear" -R -FEr "$scratch/host" "$before $*"
}
before=

lifeboat_port=2222
expect_deployed "$scratch/stand-in.sh"
[ "$(cat "$scratch/starts")" = -R ] ||
  fail "the daemon was started: $(cat "$scratch/starts")"
cmp "$scratch/lib/libwords.so" "$ram_root$scratch/lib/libwords.so" ||
  fail "its library is not there"
[ -e "$ram_root/lib/ld-musl-$(uname -m).so.1" ] || fail "its loader is not there"
[ "$(cat "$ram_root/etc/ssh/host-key-0")" = 'a host key' ] ||
  fail "the host key that it was started with is not there"
cmp "$ram_root/etc/dropbear/authorized_keys" \
  "$ram_root/root/.ssh/authorized_keys" || fail "OpenWrt's place has no key"
request abort "$session_id" >/dev/null || fail "abort"
expect_clean

echo "# a library that is missing is named, and everything undone"
before="rm $scratch/lib/libwords.so;"   # the daemon that runs still has it
deploy_lifeboat "$scratch/stand-in.sh" && fail "it went well"
grep -q 'libwords.so' "$scratch/deploy.err" || fail "$(cat "$scratch/deploy.err")"
expect_clean
