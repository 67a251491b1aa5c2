# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# lifeboat.sh: copies the board's ssh daemon into the RAM root, with all that
# it needs there (docs/protocol.md, "The lifeboat").  Only functions: where a
# session has a lifeboat, the client sends them in front of deploy.sh, whose own
# ones they use, and which calls build_lifeboat.

# shellcheck disable=SC2015 # behind || stands only what ends the script
# shellcheck disable=SC2154 # what deploy.sh sets

# What a person may need who logs in through the lifeboat in trouble.
more_applets='chmod cmp cp date df dmesg echo find free grep head hexdump ifconfig
 ip kill killall less ln ls lsof md5sum mkdir mknod mount mv ping ps pwd route
 sed stat tail test top touch true false umount uname uptime vi wc wget xxd'

# -- The board's daemon -------------------------------------------------------

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
    list_libraries "$program"
  done >"$ram_root/libraries"
  copy_libraries "$daemon_exe" <"$ram_root/libraries"
  rm -f "$ram_root/libraries"
}

# -- What it needs in the RAM root --------------------------------------------

# To etc/ssh/host-key-N; sets host_keys.
copy_host_keys ()
{
  host_keys=
  [ "$daemon_kind" = openssh ] || [ -n "$daemon_keys" ] ||
    daemon_keys=$(echo /etc/dropbear/dropbear_*_host_key)
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

# A configuration that is cut off might let others in.
fail_full ()
{
  fail "the lifeboat does not fit: is $RAM_SIZE bytes of RAM too little?"
}

# The user sshd is whom OpenSSH becomes before a login.  The password is one
# that nobody has, and not locked, which would lock the key out too.
write_users ()
{
  user=65534 group=65534
  while IFS=: read -r name _ uid gid _; do
    [ "$name" != sshd ] || { user=$uid group=$gid; }
  done </etc/passwd
  cat >"$ram_root/etc/passwd" <<END || fail_full
root:*:0:0:root:/root:/bin/sh
sshd:*:$user:$group:sshd:/:/bin/false
END
  cat >"$ram_root/etc/group" <<END || fail_full
root:x:0:
tty:x:5:
sshd:x:$group:
END
  echo 'passwd: files
group: files
shadow: files
hosts: files' >"$ram_root/etc/nsswitch.conf" &&
    echo /bin/sh >"$ram_root/etc/shells" || fail_full
  echo "no-port-forwarding,no-pty $key_type $key_data" \
    >"$ram_root/root/.ssh/authorized_keys" || fail_full
  [ "$daemon_kind" = dropbear ] || return 0
  # Where OpenWrt's looks for the keys of root.
  mkdir -p "$ram_root/etc/dropbear" &&
    cat "$ram_root/root/.ssh/authorized_keys" \
      >"$ram_root/etc/dropbear/authorized_keys" || fail_full
}

write_banner ()
{
  cat >"$ram_root/etc/ssh/banner" <<'END' || fail_full

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
LoginGraceTime 60
Banner /etc/ssh/banner
END
  } >"$ram_root/etc/ssh/sshd_config" || fail_full
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
  } >"$ram_root/etc/ssh/lifeboat" || fail_full
}

make_more_devices ()
{
  mknod -m 666 "$ram_root/dev/zero" c 1 5 &&
    mknod -m 666 "$ram_root/dev/random" c 1 8 &&
    mknod -m 666 "$ram_root/dev/urandom" c 1 9 ||
    fail "the device nodes cannot be made"
}

# -- The proof ----------------------------------------------------------------

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
