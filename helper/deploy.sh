#!/bin/sh
# SPDX-License-Identifier: MIT
# deploy.sh: makes the RAM root and starts the session in it.  The client runs it
# as root with the board's own sh, behind assignments of BUSYBOX, HELPER_SIZE,
# SCRIPT_SIZE, SESSION_SIZE, KEY_SIZE, LIFEBOAT, RAM_SIZE and TARGET; the files
# follow on stdin (docs/protocol.md, section 2).  Exit status 10: another session
# is there.  With PURPOSE=survey there is no session: behind flash-helper, the only
# file, come questions about the disk of TARGET_SIZE bytes, and nothing stays behind.

# shellcheck disable=SC2015 # behind || stands only what ends the script

set -u
umask 077
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

ram_root=/run/flash-live-remote
# What flash.sh and flash-helper run.
applets='cat dd reboot rm sh sleep sync tr'
# What a person may need who logs in through the lifeboat in trouble.
more_applets='chmod cmp cp date df dmesg echo find free grep head hexdump ifconfig
 ip kill killall less ln ls lsof md5sum mkdir mknod mount mv ping ps pwd route
 sed stat tail test top touch true false umount uname uptime vi wc wget xxd'
made=no                 # whether ram_root is ours to remove

fail ()
{
  echo "deploy: $*" >&2
  exit 1
}

is_number ()
{
  case $1 in '' | *[!0-9]*) return 1 ;; esac
}

check_assignments ()
{
  for size in "$HELPER_SIZE" "$SCRIPT_SIZE" "$SESSION_SIZE" "$KEY_SIZE" \
    "$RAM_SIZE"; do
    is_number "$size" || fail "'$size' is not a number of bytes"
  done
  is_number "${TARGET%%:*}" && is_number "${TARGET#*:}" ||
    fail "'$TARGET' is not MAJOR:MINOR"
  case $BUSYBOX in
    /*) [ -x "$BUSYBOX" ] || fail "$BUSYBOX is not there" ;;
    *) fail "'$BUSYBOX' is not a path" ;;
  esac
  [ "$(id -u)" = 0 ] || fail "this needs root"
  case $PURPOSE in
    session) ;;
    survey) is_number "$TARGET_SIZE" ||
              fail "'$TARGET_SIZE' is not a number of bytes" ;;
    *) fail "'$PURPOSE' is no purpose" ;;
  esac
}

# -- The lock -----------------------------------------------------------------

is_mounted ()
{
  while read -r _ mount_point _; do
    [ "$mount_point" = "$ram_root" ] && return 0
  done </proc/mounts
  return 1
}

# Remove what is in the way, if it can only be dead.
unmount_ram_root ()
{
  while is_mounted; do
    umount "$ram_root" 2>/dev/null || umount -l "$ram_root" || return 1
  done
  rmdir "$ram_root" 2>/dev/null || [ ! -e "$ram_root" ]
}

is_running ()
{
  is_number "$1" && [ -d "/proc/$1" ] && [ "$(cat "/proc/$1/comm")" = "$2" ]
}

# The first words of a file, "" when there is none.
content_of ()
{
  [ -f "$1" ] || return 0
  IFS= read -r content <"$1" || :
  echo "$content"
}

refuse ()
{
  echo "deploy: $1" >&2
  exit 10
}

# A session lives as long as it answers, or its process or its guardian is there;
# before that, a deployment lives as long as its shell.
remove_dead_session ()
{
  is_mounted || sleep 2         # it may just have been made
  if status=$("$ram_root/bin/flash-helper" status -r "$ram_root" 2>/dev/null)
  then
    echo "$status" >&2
    refuse "another session is there"
  fi
  for file in guardian pid; do
    is_running "$(content_of "$ram_root/$file")" flash-helper &&
      refuse "another session is there, but does not answer"
  done
  deployer=$(content_of "$ram_root/deploying")
  [ -d "/proc/${deployer:-none}" ] &&
    refuse "another deployment is under way (process $deployer)"
  unmount_ram_root || fail "the remains of an old session cannot be removed"
}

take_lock ()
{
  [ -d /run ] || fail "this board has no /run"
  if ! mkdir -m 700 "$ram_root" 2>/dev/null; then
    [ -d "$ram_root" ] && [ ! -L "$ram_root" ] ||
      fail "$ram_root cannot be made"
    remove_dead_session
    mkdir -m 700 "$ram_root" || refuse "another session has just begun"
  fi
  made=yes
}

clean_up ()
{
  status=$?
  trap '' HUP INT PIPE TERM
  trap - EXIT
  if [ "$made" = yes ]; then
    unmount_ram_root || echo "deploy: $ram_root could not be removed" >&2
  fi
  exit "$status"
}

# -- Filling the RAM root -----------------------------------------------------

mount_ram_root ()
{
  # No nodev, no noexec: it becomes somebody's root.
  mount -t tmpfs -o "mode=0700,size=$RAM_SIZE,nosuid" flash-live-remote \
    "$ram_root" || fail "a tmpfs cannot be mounted on $ram_root"
  echo $$ >"$ram_root/deploying" &&
    mkdir "$ram_root/bin" "$ram_root/dev" "$ram_root/proc" "$ram_root/sys" ||
    fail "the RAM root cannot be filled"
}

# Take exactly $1 bytes off stdin to the file $2: whole blocks, then the rest a
# byte at a time, for a read beyond it would eat the next file.
receive_file ()
{
  block=65536
  "$BUSYBOX" dd bs=1 count=0 iflag=fullblock </dev/null >/dev/null 2>&1 ||
    block=1
  {
    if [ "$block" = 1 ]; then
      "$BUSYBOX" dd bs=1 count="$1" 2>/dev/null
    else
      "$BUSYBOX" dd bs=$block count=$(($1 / block)) iflag=fullblock 2>/dev/null &&
        "$BUSYBOX" dd bs=1 count=$(($1 % block)) 2>/dev/null
    fi
  } >"$2" || fail "$2 could not be written: is $RAM_SIZE bytes of RAM too little?"
  received=$(wc -c <"$2")
  [ "$((received))" = "$1" ] ||
    fail "$2: only $((received)) of $1 bytes arrived"
}

receive_helper ()
{
  receive_file "$HELPER_SIZE" "$ram_root/bin/flash-helper"
  chmod 700 "$ram_root/bin/flash-helper" || fail "chmod failed"
}

receive_files ()
{
  receive_file "$SCRIPT_SIZE" "$ram_root/flash.sh"
  receive_file "$SESSION_SIZE" "$ram_root/session"
}

# Copy files to the same places in the RAM root, with few processes: each takes
# its time on a small board.
copy_files ()
{
  folders=
  for path; do
    case $path in
      [!/]* | *[!A-Za-z0-9/_.+-]* | */../*) fail "$path: an odd path" ;;
    esac
    case " $folders " in
      *" ${path%/*}/ "*) ;;
      *) folders="$folders ${path%/*}/" ;;
    esac
  done
  for folder in $folders; do
    files=
    for path; do
      case "${path%/*}/ $files " in
        *" $path "*) ;;
        "$folder "*) [ -e "$ram_root$path" ] || files="$files $path" ;;
      esac
    done
    [ -n "$files" ] || continue
    # shellcheck disable=SC2086 # one word a file
    mkdir -p "$ram_root$folder" && cp -L $files "$ram_root$folder" ||
      fail "$files: cannot be copied to the RAM root"
  done
}

# Copy the libraries of $1, from lines on stdin like
# "libc.so.6 => /lib/libc.so.6 (0x...)" and "/lib/ld.so (0x...)".
copy_libraries ()
{
  missing=
  paths=
  while read -r first second third _; do
    case "$first $second $third" in
      *"not found"*) missing=$first ;;
      /*) paths="$paths $first" ;;
      *" => "/*) paths="$paths $third" ;;
    esac
    # glibc before 2.34 loads what finds users and groups by name.
    case $third in
      /*/libc.so.6) [ ! -e "${third%/*}/libnss_files.so.2" ] ||
                      paths="$paths ${third%/*}/libnss_files.so.2" ;;
    esac
  done
  [ -z "$missing" ] || fail "$1: the library $missing is missing"
  # shellcheck disable=SC2086
  copy_files $paths
}

# The libraries of $1, when it is started with $2, which must be harmless.  A
# static program answers with nothing, and so do dynamic ones where the loader
# does not know the variable: then ldd may.
list_libraries ()
{
  libraries=$(LD_TRACE_LOADED_OBJECTS=1 "$1" "$2" 2>/dev/null </dev/null) ||
    libraries=
  case $libraries in
    *.so*) ;;
    *) libraries=$(ldd "$1" 2>/dev/null </dev/null) || libraries= ;;
  esac
  echo "$libraries"
}

copy_busybox ()
{
  cat "$BUSYBOX" >"$ram_root/bin/busybox" &&
    chmod 755 "$ram_root/bin/busybox" || fail "$BUSYBOX cannot be copied"
  list_libraries "$BUSYBOX" true >"$ram_root/libraries" &&
    copy_libraries "$BUSYBOX" <"$ram_root/libraries"
  rm -f "$ram_root/libraries"
  # Where the loader looks beyond its own directories.
  if [ -f /etc/ld.so.cache ]; then
    mkdir -p "$ram_root/etc" && cat /etc/ld.so.cache >"$ram_root/etc/ld.so.cache" ||
      fail "/etc/ld.so.cache cannot be copied"
  fi
}

link_applets ()
{
  known=" $("$BUSYBOX" --list | tr '\n' ' ') "
  for applet in $applets; do
    case $known in
      *" $applet "*) ;;
      *) fail "$BUSYBOX has no $applet" ;;
    esac
    ln -s busybox "$ram_root/bin/$applet" || fail "$applet cannot be linked"
  done
}

make_devices ()
{
  mknod -m 666 "$ram_root/dev/null" c 1 3 &&
    mknod -m 600 "$ram_root/dev/kmsg" c 1 11 &&
    mknod -m 600 "$ram_root/dev/target" b "${TARGET%%:*}" "${TARGET#*:}" ||
    fail "the device nodes cannot be made"
}

prove_helper ()
{
  chroot "$ram_root" /bin/flash-helper --version >/dev/null ||
    fail "flash-helper does not run on this board ($(uname -m))"
}

prove ()
{
  chroot "$ram_root" /bin/busybox true ||
    fail "busybox does not run inside the RAM root"
  prove_helper
}

# -- The lifeboat --------------------------------------------------------------

# Which daemon it is, from what has started this: sets daemon_KEY.
find_daemon ()
{
  daemon_kind='' daemon_exe='' daemon_config='' daemon_pid='' daemon_listening=''
  daemon_keys=''
  "$ram_root/bin/flash-helper" find-sshd $$ >"$ram_root/daemon" </dev/null ||
    fail "the lifeboat needs a copy of this board's ssh daemon: connect by\
 OpenSSH's sshd or dropbear"
  while IFS='=' read -r key value; do
    case $key in
      kind) daemon_kind=$value ;;
      exe) daemon_exe=$value ;;
      config) daemon_config=$value ;;
      pid) daemon_pid=$value ;;
      listening) daemon_listening=$value ;;
      host-key) daemon_keys="$daemon_keys $value" ;;
    esac
  done <"$ram_root/daemon"
  rm -f "$ram_root/daemon"
  [ -r "$daemon_exe" ] ||
    fail "$daemon_exe, which runs as this board's ssh daemon, is not there any\
 more: restart the ssh service"
}

# With the board's own port somebody must listen there who can be stopped.
check_port ()
{
  port=0
  while IFS='=' read -r key value; do
    [ "$key" != lifeboat-port ] || port=$value
  done <"$ram_root/session"
  [ "$port" != 0 ] || [ "$daemon_listening" = yes ] ||
    fail "$daemon_exe does not listen itself on this board (it is started for\
 each connection): give the lifeboat a port of its own (--lifeboat-port PORT)"
}

# The one line of the session's public key.
receive_key ()
{
  [ "$KEY_SIZE" -gt 0 ] && [ "$KEY_SIZE" -le 4096 ] ||
    fail "the session's public key is missing"
  receive_file "$KEY_SIZE" "$ram_root/authorized_key"
  read -r key_type key_data _ <"$ram_root/authorized_key"
  case $key_type in
    '' | *[!a-z0-9@.-]*) fail "that is not a public key" ;;
  esac
  case $key_data in
    '' | *[!A-Za-z0-9+/=]*) fail "that is not a public key" ;;
  esac
}

# What `sshd -T` says: the host keys, and since 9.8 the programs that sshd runs.
read_sshd_settings ()
{
  "$daemon_exe" -T ${daemon_config:+-f "$daemon_config"} \
    -C user=root,host=localhost,addr=127.0.0.1 >"$ram_root/settings" \
    </dev/null 2>"$ram_root/settings.err" ||
    fail "$daemon_exe -T fails: $(cat "$ram_root/settings.err")"
  while read -r key value; do
    case $key in
      hostkey) daemon_keys="$daemon_keys $value" ;;
      sshdsessionpath | sshdauthpath) programs="$programs $value" ;;
    esac
  done <"$ram_root/settings"
  rm -f "$ram_root/settings" "$ram_root/settings.err"
}

copy_daemon ()
{
  programs=$daemon_exe
  [ "$daemon_kind" = dropbear ] || read_sshd_settings
  # shellcheck disable=SC2086 # one word a program
  copy_files $programs
  for program in $programs; do
    list_libraries "$program" -V
  done >"$ram_root/libraries"
  copy_libraries "$daemon_exe" <"$ram_root/libraries"
  rm -f "$ram_root/libraries"
}

# To etc/ssh/host-key-N; sets host_keys.
copy_host_keys ()
{
  host_keys=
  [ "$daemon_kind" = openssh ] || [ -n "$daemon_keys" ] ||
    daemon_keys=$(ls /etc/dropbear/dropbear_*_host_key 2>/dev/null)
  nr=0
  for key in $daemon_keys; do
    case $key in
      [!/]* | *[!A-Za-z0-9/_.+-]*) fail "$key: an odd path for a host key" ;;
    esac
    [ -f "$key" ] || continue
    cat "$key" >"$ram_root/etc/ssh/host-key-$nr" ||
      fail "the host key $key cannot be copied"
    host_keys="$host_keys /etc/ssh/host-key-$nr"
    nr=$((nr + 1))
  done
  [ -n "$host_keys" ] ||
    fail "no host key of $daemon_exe can be found: the lifeboat would be a\
 stranger to everybody"
}

# The user sshd is whom OpenSSH becomes before a login.  The password is one that
# nobody has, and not locked, which would lock the key out too.
write_users ()
{
  user=65534 group=65534
  while IFS=: read -r name _ uid gid _; do
    [ "$name" != sshd ] || { user=$uid group=$gid; }
  done </etc/passwd
  cat >"$ram_root/etc/passwd" <<END
root:*:0:0:root:/root:/bin/sh
sshd:*:$user:$group:sshd:/:/bin/false
END
  cat >"$ram_root/etc/group" <<END
root:x:0:
tty:x:5:
sshd:x:$group:
END
  echo 'passwd: files
group: files
shadow: files
hosts: files' >"$ram_root/etc/nsswitch.conf"
  echo /bin/sh >"$ram_root/etc/shells"
  echo "no-port-forwarding,no-pty $key_type $key_data" \
    >"$ram_root/root/.ssh/authorized_keys"
}

write_banner ()
{
  cat >"$ram_root/etc/ssh/banner" <<'END'

  flash-live-remote is about to overwrite this board's disk, or is doing so.
  Only the key of this session gets in, on the machine that began it:
    flash-live-remote status HOST        where it stands
    the same command as before           goes on
    flash-live-remote abandon HOST       gives up, and resets the board

END
}

# Only what OpenSSH 7 knows too.
write_sshd_config ()
{
  {
    for key in $host_keys; do
      echo "HostKey $key"
    done
    cat <<'END'
AuthorizedKeysFile /root/.ssh/authorized_keys
AllowUsers root
PermitRootLogin prohibit-password
PubkeyAuthentication yes
PasswordAuthentication no
ChallengeResponseAuthentication no
HostbasedAuthentication no
UsePAM no
StrictModes no
AllowTcpForwarding no
AllowStreamLocalForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
PermitTTY no
PermitUserEnvironment no
PermitUserRC no
PrintMotd no
PrintLastLog no
UseDNS no
ClientAliveInterval 10
ClientAliveCountMax 3
LoginGraceTime 30
Banner /etc/ssh/banner
END
  } >"$ram_root/etc/ssh/sshd_config"
}

# How the session process starts it (helper/lifeboat-daemon.h).
write_description ()
{
  if [ "$daemon_kind" = openssh ]; then
    set -- "$daemon_exe" -i -e -f /etc/ssh/sshd_config
  else
    # One program under several names goes by the name.
    ln -s "$daemon_exe" "$ram_root/bin/dropbear" || fail "ln failed"
    set -- /bin/dropbear -i -s -K 10 -b /etc/ssh/banner
    for key in $host_keys; do
      set -- "$@" -r "$key"
    done
  fi
  {
    echo "exe=$daemon_exe"
    echo "pid=$daemon_pid"
    printf 'argument=%s\n' "$@"
  } >"$ram_root/etc/ssh/lifeboat"
}

make_more_devices ()
{
  mknod -m 666 "$ram_root/dev/zero" c 1 5 &&
    mknod -m 666 "$ram_root/dev/random" c 1 8 &&
    mknod -m 666 "$ram_root/dev/urandom" c 1 9 ||
    fail "the device nodes cannot be made"
}

# It names the empty directory that it was built to lock itself in.
prove_sshd ()
{
  for _ in 1 2; do
    said=$(chroot "$ram_root" "$daemon_exe" -t -f /etc/ssh/sshd_config \
      2>&1 </dev/null) && return
    case $said in
      *'privilege separation directory: /'*)
        folder=${said##*privilege separation directory: }
        folder=${folder%%[!A-Za-z0-9/_.+-]*}
        mkdir -p "$ram_root$folder" && chmod 755 "$ram_root$folder" || break
        ;;
      *) break ;;
    esac
  done
  fail "$daemon_exe does not run inside the RAM root: $said"
}

prove_dropbear ()
{
  said=$(chroot "$ram_root" /bin/dropbear -V 2>&1 </dev/null) ||
    fail "$daemon_exe does not run inside the RAM root: $said"
}

build_lifeboat ()
{
  find_daemon
  check_port
  receive_key
  mkdir -p "$ram_root/etc/ssh" "$ram_root/root/.ssh" "$ram_root/run" &&
    ln -s / "$ram_root/run/flash-live-remote" ||
    fail "the RAM root cannot be filled"
  copy_daemon
  copy_host_keys
  write_users
  write_banner
  write_sshd_config
  write_description
  make_more_devices
  for applet in $more_applets; do
    case $known in
      *" $applet "*) ln -s busybox "$ram_root/bin/$applet" ;;
    esac
  done
  if [ "$daemon_kind" = openssh ]; then prove_sshd; else prove_dropbear; fi
}

# -- The start ----------------------------------------------------------------

start_session ()
{
  answer=$("$ram_root/bin/flash-helper" session start -r "$ram_root") ||
    fail "the session did not start"
  case $answer in
    "FLR1-SESSION "*) ;;
    *) fail "the session did not start: $answer" ;;
  esac
  made=no                       # it is the session's now
  rm -f "$ram_root/deploying"
}

# In the foreground: the client's end, whatever it is, is the end of its stdin or
# stdout.
survey ()
{
  "$ram_root/bin/flash-helper" survey -r "$ram_root" "$TARGET_SIZE"
  exit
}

# -- The plan -----------------------------------------------------------------

trap clean_up EXIT
# PIPE too: a word to a client that is gone must not be the last act.
trap 'exit 1' HUP INT PIPE TERM

check_assignments
take_lock
mount_ram_root
receive_helper
make_devices
if [ "$PURPOSE" = survey ]; then
  prove_helper
  survey
fi
receive_files
copy_busybox
link_applets
prove
[ "$LIFEBOAT" = no ] || build_lifeboat
start_session
echo "FLR1-DEPLOYED ${answer#FLR1-SESSION }"
