#!/bin/sh
# SPDX-License-Identifier: MIT
# flash.sh against a stand-in for flash-helper that records what it is asked for:
# which steps in which order, and how each failure is undone.  Everything happens
# in a chroot where /proc is a plain folder and /bin/reboot only writes a line.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
requires shellcheck --version

shellcheck -s sh "$helper_dir/flash.sh" "$helper_dir/deploy.sh" \
  "$helper_dir/lifeboat.sh" || fail "shellcheck"

board=$scratch/board
bin=$board/bin
mkdir -p "$bin" "$board/proc" "$board/dev"
# This machine's busybox, with what deploy.sh would copy beside it.
cp "$(command -v busybox)" "$bin/busybox"
ldd "$bin/busybox" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$board${library%/*}" && cp -L "$library" "$board$library"
done
for applet in cat grep sed sh tr; do
  ln -s busybox "$bin/$applet"
done

cat >"$bin/flash-helper" <<'END'
#!/bin/sh
echo "$*" >>/asked
# /fail holds the request that is to fail, with /status; /kill one that a TERM
# interrupts.
if [ -f /kill-script ] && grep -qxF -- "$*" /kill-script; then kill -KILL $PPID; exit 1; fi
if [ -f /kill ] && grep -qxF -- "$*" /kill; then kill -TERM $PPID; exit 1; fi
# A write ends with the first line of /write-results, as long as there is one.
if [ "$*" = write ] && read -r status </write-results; then
  sed -i 1d /write-results
  exit "$status"
fi
if [ -f /fail ] && grep -qxF -- "$*" /fail; then exit "$(cat /status)"; fi
case $* in
  'swap list') cat /swaps ;;
  read-write) cat /writable ;;
  *list-units*) cat /running ;;
  'on-old-root systemctl service-watchdogs') echo yes ;;
esac
exit 0
END
for command in sync sleep reboot; do
  printf '#!/bin/sh\necho "%s $*" >>/asked\n' $command >"$bin/$command"
done
chmod 755 "$bin"/*

# Run it with the settings $1... (NAME=VALUE); the requests are in $board/asked.
flash ()
{
  [ "${kept:-no}" = yes ] || rm -f "$board/undoing" "$board/undo-steps" \
    "$board/swap-off" "$board/stopped-units"
  echo "${fail_status:-1}" >"$board/status"
  : >"$board/asked"
  : >"$board/proc/sysrq-trigger"
  printf '%s' "${write_results:-}" >"$board/write-results"
  echo '-2 /swap file' >"$board/swaps"
  printf '/\n/boot/my files\n' >"$board/writable"
  printf '%s\n' 'cockpit.socket loaded active listening Cockpit' \
    'container-a.service loaded active running A' \
    'ssh.service loaded active running SSH' >"$board/running"
  cp "$helper_dir/flash.sh" "$board/flash.sh"
  env -i PATH=/bin FLASH_MODE=ramfs FLASH_ROOT_DISK=yes FLASH_REBOOT=yes \
    FLASH_STOP_SERVICES='container-* cockpit' FLASH_TARGET_NAME=vdz \
    FLASH_LIFEBOAT=yes "$@" \
    "$(command -v chroot)" "$board" /bin/busybox sh /flash.sh \
    >"$scratch/said" 2>&1
  flash_status=$?
  # The reboot runs beside the sleep, and may come after it.
  if grep -qx 'sleep 5' "$board/asked"; then
    wait_until 60 grep -q '^reboot' "$board/asked" || fail "no reboot"
  fi
  return $flash_status
}

# shellcheck disable=SC2016 # as it is
systemctl_query='on-old-root sh -c command -v "$1" sh systemctl'
units_query='on-old-root systemctl list-units --type=service,socket --state=running,listening --no-legend --no-pager --plain --full'

# The requests must be exactly stdin's lines.
expect_asked ()
{
  cat >"$scratch/expected"
  diff -u "$scratch/expected" "$board/asked" || fail "$1"
}

to_the_write ()
{
  cat <<END
rehearse
stage
say ready
wait-for-go
lifeboat-hold
say phase name=stop-services
$systemctl_query
$units_query
say note text=stopping cockpit.socket container-a.service 
on-old-root systemctl stop cockpit.socket container-a.service
on-old-root systemctl service-watchdogs
on-old-root systemctl service-watchdogs no
say phase name=sync
sync 
say phase name=swap-off
swap list
swap off /swap file
keep-addresses
pin
say phase name=read-only
read-write
sync 
wait-read-only
freeze
arrays leave
wait-quiet
END
}

way_back ()
{
  cat <<END
arrays join
thaw
on-old-root mount -o remount,rw /
on-old-root mount -o remount,rw /boot/my files
unpin
swap on -2 /swap file
on-old-root systemctl service-watchdogs yes
on-old-root systemctl start cockpit.socket container-a.service
lifeboat-release
END
}

echo "# all goes well: verified, then the reboot, and SysRq-b behind it"
flash || fail "status $?: $(cat "$scratch/said")"
sed -i '/^reboot/d' "$board/asked"
{
  to_the_write
  printf '%s\n' 'say phase name=copy' 'write' 'say phase name=reboot' \
    'say end result=rebooting written=yes' 'wait-until-heard' 'settle' 'sleep 5'
} | expect_asked "the plan" || exit 1
[ "$(cat "$board/proc/sysrq-trigger")" = b ] || fail "no SysRq-b"

echo "# SysRq-u comes before wait-read-only, and only then"
echo wait-read-only >"$board/fail"
flash && fail "it went on with a writable disk"
[ "$(cat "$board/proc/sysrq-trigger")" = u ] || fail "no SysRq-u"
{
  to_the_write | sed '/^freeze$/,$d'
  way_back | sed 1,2d
  echo 'say end result=failed written=no'
} | expect_asked "undoing everything" || exit 1

echo "# the old system runs again before anything of it is asked to do something"
echo freeze >"$board/fail"
flash && fail "it went on without a freeze"
{
  to_the_write | sed '/^arrays/,$d'
  way_back | sed 1d
  echo 'say end result=failed written=no'
} | expect_asked "undoing the freeze" || exit 1

echo "# a disk that is still written to is not flashed, and its arrays get it back"
echo wait-quiet >"$board/fail"
flash && fail "it went on with a disk that somebody writes to"
{
  to_the_write
  way_back
  echo 'say end result=failed written=no'
} | expect_asked "undoing what the arrays lost" || exit 1

echo "# each earlier failure undoes what was done, and no more"
echo 'swap off /swap file' >"$board/fail"
flash && fail "it went on with swap"
tail -n 5 "$board/asked" >"$scratch/tail"
mv "$scratch/tail" "$board/asked"
expect_asked "after swap" <<END
swap on -2 /swap file
on-old-root systemctl service-watchdogs yes
on-old-root systemctl start cockpit.socket container-a.service
lifeboat-release
say end result=failed written=no
END
[ ! -s "$board/proc/sysrq-trigger" ] || fail "SysRq although swap is on"
for step in rehearse stage; do
  echo "$step" >"$board/fail"
  flash && fail "it went on without $step"
  [ "$(tail -n 1 "$board/asked")" = 'say end result=failed written=no' ] ||
    fail "$step: $(cat "$board/asked")"
  grep -q 'ready\|systemctl\|write' "$board/asked" && fail "after $step"
done
echo 'on-old-root systemctl stop cockpit.socket container-a.service' \
  >"$board/fail"
flash && fail "it went on with services"
tail -n 4 "$board/asked" >"$scratch/tail"
mv "$scratch/tail" "$board/asked"
expect_asked "after stop-services" <<END
say error text=the services could not be stopped code=services-not-stopped written=no
on-old-root systemctl start cockpit.socket container-a.service
lifeboat-release
say end result=failed written=no
END

echo "# no go: aborted"
echo 'wait-for-go' >"$board/fail"
flash && fail "it went on without go"
[ "$(tail -n 1 "$board/asked")" = 'say end result=aborted written=no' ] ||
  fail "$(cat "$board/asked")"

echo "# a signal before the first write undoes, and is an abort"
rm -f "$board/fail"
echo 'wait-read-only' >"$board/kill"
flash && fail "it went on after SIGTERM"
{
  to_the_write | sed '/^freeze$/,$d'
  way_back | sed 1,2d
  echo 'say end result=aborted written=no'
} | expect_asked "undoing after SIGTERM" || exit 1

echo "# a signal after it is nothing"
echo 'say phase name=copy' >"$board/kill"
flash || fail "SIGTERM ended the write"
grep -q '^write$' "$board/asked" || fail "no write"
rm -f "$board/kill"

echo "# a failed write: stopped, all is as quiet as before, and go tries again"
write_results='1
2
'
flash || fail "the third write did not end it: $(cat "$scratch/said")"
sed -i '/^reboot/d; s/ text=vdz holds.*//' "$board/asked"
{
  to_the_write
  for _ in 1 2; do
    printf '%s\n' 'say phase name=copy' 'write' 'say error code=stopped-partly-written written=partial' \
      'say state name=stopped' 'wait-for-go'
  done
  printf '%s\n' 'say phase name=copy' 'write' 'say phase name=reboot' \
    'say end result=rebooting written=yes' 'wait-until-heard' 'settle' 'sleep 5'
} | expect_asked "stopped" || exit 1

echo "# what it says then: the same command, or abandon"
write_results='1
'
flash
grep -q '^say error code=[a-z-]* written=partial text=vdz holds.* again.*abandon' \
  "$board/asked" || fail "nothing about what to do: $(cat "$board/asked")"

echo "# the writer is killed: the script ends without an end or an undo"
write_results='137
'
flash && fail "a killed write went well"
tail -n 1 "$board/asked" | grep -q '^say note text=the writer was killed' ||
  fail "$(cat "$board/asked")"
write_results=

echo "# started again: nothing but the write"
flash FLASH_RESUME=yes || fail "status $?: $(cat "$scratch/said")"
[ "$(head -n 3 "$board/asked")" = 'say phase name=copy
write
say phase name=reboot' ] || fail "$(cat "$board/asked")"
write_results='2
'
flash FLASH_RESUME=yes || fail "status $?: $(cat "$scratch/said")"
grep -q 'written=no\|remount' "$board/asked" &&
  fail "it believed that nothing was written: $(cat "$board/asked")"
write_results=
flash FLASH_RESUME=stopped || fail "status $?: $(cat "$scratch/said")"
sed -i '/^reboot/d; s/ text=vdz holds.*//' "$board/asked"
[ "$(head -n 4 "$board/asked")" = 'say error code=stopped-partly-written written=partial
say state name=stopped
wait-for-go
say phase name=copy' ] || fail "$(cat "$board/asked")"

echo "# killed before the write: another one undoes just what was begun"
echo 'wait-read-only' >"$board/kill-script"
flash && fail "it survived SIGKILL"
rm -f "$board/kill-script"
[ "$(tail -n 1 "$board/asked")" = wait-read-only ] || fail "$(cat "$board/asked")"
kept=yes
for result in failed aborted; do
  flash FLASH_UNDO=$result && fail "an undo went well"
  {
    way_back | sed 1,2d
    echo "say end result=$result written=no"
  } | expect_asked "undoing after SIGKILL" || exit 1
done

echo "# nor does it need room in the RAM root"
rm -f "$board/undoing"
mkdir "$board/undoing"
flash FLASH_UNDO=failed && fail "an undo went well"
{
  way_back | sed 1,2d
  echo 'say end result=failed written=no'
} | expect_asked "undoing in a full RAM root" || exit 1
rmdir "$board/undoing"

echo "# a step whose way back cannot be set down is not taken"
mv "$board/undo-steps" "$board/undo-steps.kept"
mkdir "$board/undo-steps"
flash && fail "it went on without a way back"
grep -q '^lifeboat-hold' "$board/asked" && fail "it took the port"
rm -f "$board/undoing"
tail -n 2 "$board/asked" >"$scratch/tail"
mv "$scratch/tail" "$board/asked"
expect_asked "a full RAM root" <<END
say error text=the RAM root is full code=ram-root-full written=no
say end result=failed written=no
END
rmdir "$board/undo-steps"
mv "$board/undo-steps.kept" "$board/undo-steps"

echo "# and one that was killed while it undid does not go on to write"
: >"$board/undoing"
flash FLASH_RESUME=yes && fail "an undo went well"
grep -q '^write' "$board/asked" && fail "it wrote"
[ "$(tail -n 1 "$board/asked")" = 'say end result=failed written=no' ] ||
  fail "$(cat "$board/asked")"
kept=no

echo "# a write that failed before its first byte: everything is undone"
fail_status=2
echo write >"$board/fail"
flash && fail "a failed write went well"
{
  to_the_write
  printf '%s\n' 'say phase name=copy' 'write'
  way_back
  echo 'say end result=failed written=no'
} | expect_asked "undoing after an early failure" || exit 1
fail_status=1
rm -f "$board/fail"

echo "# the disk does not settle: no reboot"
echo settle >"$board/fail"
flash && fail "it went well"
grep -q '^reboot\|^sleep' "$board/asked" && fail "rebooted"
[ "$(tail -n 1 "$board/asked")" = 'say end result=failed written=yes' ] ||
  fail "$(cat "$board/asked")"
rm -f "$board/fail"

echo "# --no-reboot"
flash FLASH_REBOOT=no || fail "status $?"
[ "$(tail -n 1 "$board/asked")" = 'say end result=done written=yes' ] ||
  fail "$(cat "$board/asked")"
[ "$(cat "$board/proc/sysrq-trigger")" = u ] || fail "SysRq-b"
tail -n 2 "$board/asked" | grep -qx thaw || fail "the old system stays frozen"
grep -q lifeboat-release "$board/asked" && fail "the lifeboat is gone"

echo "# another disk: nothing of the board is touched"
flash FLASH_ROOT_DISK=no FLASH_STOP_SERVICES= FLASH_MODE=stream \
  FLASH_LIFEBOAT=no || fail "status $?"
expect_asked "another disk" <<END
rehearse
say ready
wait-for-go
say phase name=sync
sync 
say phase name=copy
write
say end result=done written=yes
END
[ ! -s "$board/proc/sysrq-trigger" ] || fail "SysRq"
