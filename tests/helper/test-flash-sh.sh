#!/bin/sh
# SPDX-License-Identifier: MIT
# flash.sh against a stand-in for flash-helper that records what it is asked for:
# which steps in which order, and how each failure is undone.  Everything happens
# in a chroot where /proc is a plain folder and /bin/reboot only writes a line.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"
requires shellcheck --version

shellcheck -s sh "$helper_dir/flash.sh" "$helper_dir/deploy.sh" ||
  fail "shellcheck"

board=$scratch/board
bin=$board/bin
mkdir -p "$bin" "$board/proc" "$board/dev"
# This machine's busybox, with what deploy.sh would copy beside it.
cp "$(command -v busybox)" "$bin/busybox"
ldd "$bin/busybox" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$board${library%/*}" && cp -L "$library" "$board$library"
done
for applet in cat tr rm sh grep; do
  ln -s busybox "$bin/$applet"
done

cat >"$bin/flash-helper" <<'END'
#!/bin/sh
echo "$*" >>/asked
# /fail holds the request that is to fail, with /status; /kill one that a TERM interrupts.
if [ -f /kill ] && grep -qxF -- "$*" /kill; then kill -TERM $PPID; exit 1; fi
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
  rm -f "$board/asked"
  echo "${fail_status:-1}" >"$board/status"
  : >"$board/asked"
  : >"$board/proc/sysrq-trigger"
  : >"$board/swaps"
  echo '-2 /swap file' >"$board/swaps"
  printf '/\n/boot/my files\n' >"$board/writable"
  printf '%s\n' 'cockpit.socket loaded active listening Cockpit' \
    'container-a.service loaded active running A' \
    'ssh.service loaded active running SSH' >"$board/running"
  cp "$helper_dir/flash.sh" "$board/flash.sh"
  env -i PATH=/bin FLASH_MODE=ramfs FLASH_ROOT_DISK=yes FLASH_REBOOT=yes \
    FLASH_STOP_SERVICES='container-* cockpit' FLASH_TARGET_NAME=vdz "$@" \
    "$(command -v chroot)" "$board" /bin/busybox sh /flash.sh \
    >"$scratch/said" 2>&1
}

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
say phase name=stop-services
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
say phase name=read-only
read-write
sync 
wait-read-only
END
}

way_back ()
{
  cat <<END
on-old-root mount -o remount,rw /
on-old-root mount -o remount,rw /boot/my files
swap on -2 /swap file
on-old-root systemctl service-watchdogs yes
on-old-root systemctl start cockpit.socket container-a.service
END
}

echo "# all goes well: verified, then the reboot, and SysRq-b behind it"
flash || fail "status $?: $(cat "$scratch/said")"
# The reboot runs beside the sleep.
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
  to_the_write
  way_back
  echo 'say end result=failed written=no'
} | expect_asked "undoing everything" || exit 1

echo "# each earlier failure undoes what was done, and no more"
echo 'swap off /swap file' >"$board/fail"
flash && fail "it went on with swap"
tail -n 3 "$board/asked" >"$scratch/tail"
mv "$scratch/tail" "$board/asked"
expect_asked "after swap" <<END
on-old-root systemctl service-watchdogs yes
on-old-root systemctl start cockpit.socket container-a.service
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
tail -n 3 "$board/asked" >"$scratch/tail"
mv "$scratch/tail" "$board/asked"
expect_asked "after stop-services" <<END
say error text=the services could not be stopped written=no
on-old-root systemctl start cockpit.socket container-a.service
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
  to_the_write
  way_back
  echo 'say end result=aborted written=no'
} | expect_asked "undoing after SIGTERM" || exit 1

echo "# a signal after it is nothing"
echo 'say phase name=copy' >"$board/kill"
flash || fail "SIGTERM ended the write"
grep -q '^write$' "$board/asked" || fail "no write"
rm -f "$board/kill"

echo "# a failed write: no reboot, no way back, and what to do"
echo write >"$board/fail"
flash && fail "a failed write went well"
grep -q 'reboot' "$board/asked" && fail "rebooted into half a disk"
[ "$(cat "$board/proc/sysrq-trigger")" = u ] || fail "SysRq-b"
grep -q 'remount,rw' "$board/asked" && fail "made the overwritten disk writable"
tail -n 2 "$board/asked" | grep -q '^say error written=partial text=vdz holds' ||
  fail "nothing about what to do: $(cat "$board/asked")"
[ "$(tail -n 1 "$board/asked")" = 'say end result=failed written=partial' ] ||
  fail "$(cat "$board/asked")"

echo "# a write that failed before its first byte: everything is undone"
fail_status=2
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

echo "# another disk: nothing of the board is touched"
flash FLASH_ROOT_DISK=no FLASH_STOP_SERVICES= FLASH_MODE=stream || fail "status $?"
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
