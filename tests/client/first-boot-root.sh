# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A small root file system in which firstrun.sh really runs: this machine's programs, an
# /etc of its own, and stand-ins that note what they are told.  Sourced by the tests
# after tests/functions.sh.
#
# make_root BOOT: $root, whose boot partition is at BOOT (/boot or /boot/firmware);
# make_boot CONFIG fills $boot from it; run_first_boot runs what systemd would run.

first_boot_requirements ()
{
  [ "$(id -u)" -eq 0 ] || skip "a root of its own needs root"
  requires unshare --mount true
  requires busybox true
  generator=/lib/systemd/system-generators/systemd-run-generator
  [ -x $generator ] || skip "there is no systemd-run-generator"
  [ -L /bin ] || skip "/bin is no link to /usr/bin here"
  FLASH_LIVE_REMOTE_HELPER_DIR=$top_builddir/helper/deployed
  HOME=$scratch/home
  export FLASH_LIVE_REMOTE_HELPER_DIR HOME
  mkdir -p "$HOME"
}

# stand_in NAME [LINES]: a program that notes its arguments, then does LINES.
stand_in ()
{
  printf '#!/bin/sh\necho "%s $*" >>/calls\n%s\n' "$1" "${2:-}" \
    >"$root/usr/local/sbin/$1"
  chmod 755 "$root/usr/local/sbin/$1"
}

make_etc ()
{
  cp -a /etc/login.defs /etc/alternatives "$root/etc/"
  printf 'root:x:0:0::/root:/bin/sh\nsshd:x:101:65534::/run/sshd:/bin/false\n' \
    >"$root/etc/passwd"
  printf 'root:*:19000::::::\nsshd:*:19000::::::\n' >"$root/etc/shadow"
  printf 'root:x:0:\nsudo:x:27:\nvideo:x:44:\ngpio:x:997:\n' >"$root/etc/group"
  printf 'root:*::\nsudo:!::\nvideo:!::\ngpio:!::\n' >"$root/etc/gshadow"
  echo raspberrypi >"$root/etc/hostname"
  printf '127.0.0.1\tlocalhost\n127.0.1.1\t\traspberrypi\n' >"$root/etc/hosts"
  : >"$root/etc/subuid"
  : >"$root/etc/subgid"
  mkdir "$root/etc/sudoers.d"
}

make_root ()
{
  root=$scratch/root$(echo "$1" | tr / -)
  rm -rf "$root"
  mkdir -p "$root/etc" "$root/home" "$root/root" "$root/tmp" "$root/run" "$root/proc" \
    "$root/dev" "$root$1" "$root/usr/lib/userconf-pi" "$root/usr/local/sbin" \
    "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib/systemd/system" \
    "$root/var/lib/systemd/rfkill" "$root/var/lib/NetworkManager" "$root/var/spool/mail"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
  boot=$root$1
  make_etc
  stand_in systemctl
  stand_in sync
  stand_in rfkill
  : >"$root/calls"
}

# The user that an image of Raspberry Pi OS has.
make_pi_user ()
{
  echo 'pi:x:1000:1000::/home/pi:/bin/bash' >>"$root/etc/passwd"
  echo 'pi:!:19000:0:99999:7:::' >>"$root/etc/shadow"
  echo 'pi:x:1000:' >>"$root/etc/group"
  echo 'pi:!::' >>"$root/etc/gshadow"
  echo 'pi:100000:65536' >>"$root/etc/subuid"
  mkdir "$root/home/pi"
  chown 1000:1000 "$root/home/pi"
}

make_boot ()
{
  chmod 600 "$1"
  "$top_builddir/tests/client/print-first-boot" "$1" "$boot" ||
    fail "no first boot was made of $1"
  cp "$boot/firstrun.sh" "$scratch/firstrun.sh"
  rm -rf "$scratch/units"
  mkdir "$scratch/units"
  SYSTEMD_PROC_CMDLINE=$(cat "$boot/cmdline.txt") \
    $generator "$scratch/units" "$scratch/units" "$scratch/units"
  command=$(sed -n 's/^ExecStart=//p' "$scratch/units/kernel-command-line.service")
  [ -n "$command" ] || fail "systemd would run nothing"
}

# run_first_boot [LINES]: after LINES, in a mount namespace, with $root made ready.
run_first_boot ()
{
  status=0
  cat >"$scratch/enter" <<END
set -e
for folder in /usr/bin /usr/sbin /dev /proc; do
  mount --rbind \$folder '$root'\$folder
done
for folder in /usr/lib/*-linux-gnu* /usr/lib64; do
  [ -d \$folder ] || continue
  mkdir -p '$root'\$folder
  mount --bind \$folder '$root'\$folder
done
${1:-:}
exec env -i PATH="\$PATH" chroot '$root' /bin/sh -c 'exec "\$@"' sh $command
END
  unshare --mount sh "$scratch/enter" >"$scratch/said" 2>&1 || status=$?
}

expect_done ()
{
  [ "$status" -eq 0 ] && ! grep FAILED "$scratch/said" && return
  cat "$scratch/said" "$root/var/log/flash-live-remote-first-boot.log" >&2
  fail "the first boot failed (status $status)"
}

# expect_line FILE LINE: the file of the root has exactly this line.
expect_line ()
{
  grep -qxF -e "$2" "$root/$1" && return
  cat "$root/$1" >&2
  fail "$1 lacks the line: $2"
}

# expect_file FILE MODE OWNER
expect_file ()
{
  [ "$(stat -c '%a %u:%g' "$root/$1")" = "$2 $3" ] ||
    fail "$1 is $(stat -c '%a %u:%g' "$root/$1"), not $2 $3"
}

# The value that firstrun.sh was given.
setting ()
{
  sed -n "s/^$1='\(.*\)'\$/\1/p" "$scratch/firstrun.sh"
}
