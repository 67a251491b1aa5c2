# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A virtual board: QEMU without KVM, its own disk and boot loader, ssh on a port
# of 127.0.0.1.  Sourced after lab.sh; one board a script.
#
#   board_disk NAME IMAGE             make NAME's own copy of a raw disk image
#   board_start NAME MEM_MB [OPTION]  start it; from=DIR: from that snapshot;
#                                     reboot=yes: a reset restarts the board
#                                     (else QEMU ends there); share=FILE
#   board_wait_ssh USER SECONDS       until somebody can log in
#   board_reset_if_stuck              for who waits for a boot in another way
#   board_ssh USER COMMAND...         run COMMAND on the board
#   board_wait_exit SECONDS           until the board resets itself
#   board_compare_disk IMAGE          is the disk's beginning the same as IMAGE?
#   board_boot_flashed SECONDS        start the same disk again: the new system
#   board_stop
#
#   board_set_link on|off             pull the board's network cable, plug it in
#   board_move_port                   the board is reached at another port
#   board_slow_disk BYTES             a second, read and write
#   board_rescue COMMAND...           run COMMAND as root, through the lifeboat of
#                                     this board's flash where the port is its
#
# Call them from the script's own shell, never in $( ) or a pipe: QEMU is its
# child.  The EXIT trap calls board_cleanup $?.

BOARD_NAME=
BOARD_DIR=
BOARD_PID=
BOARD_DISK=
BOARD_SSH_CONFIG=
BOARD_MARKER=
BOARD_CPUS=${BOARD_CPUS:-2}
# A cold boot takes a minute; on a busy machine, many.
BOARD_BOOT_SECONDS=${BOARD_BOOT_SECONDS:-1200}
BOARD_MEM=
BOARD_RESETS=0                  # how often it may still be reset
BOARD_REBOOTS=no                # yes: a reset does not end QEMU
BOARD_FROM_SNAPSHOT=0

board_disk ()
{
  BOARD_NAME=$1
  BOARD_DIR=$BOARD_LAB_DIR/boards/$1
  BOARD_DISK=$BOARD_DIR/disk.img
  BOARD_SSH_CONFIG=$BOARD_DIR/ssh_config
  lab_require_tools "$KIND_QEMU" ssh setpriv
  exec {BOARD_LOCK}>"$BOARD_LAB_DIR/.lock-board-$1"
  flock -n "$BOARD_LOCK" || lab_die "a board with the name '$1' is running"
  rm -rf "$BOARD_DIR"
  mkdir -p "$BOARD_DIR"
  export XDG_STATE_HOME=$BOARD_DIR/state        # the keys of its flashes
  cp --sparse=always --reflink=auto "$2" "$BOARD_DISK"
  chmod u+w "$BOARD_DISK"
}

board_start ()
{
  [ "$1" = "$BOARD_NAME" ] || lab_die "board '$1' has no disk: call board_disk first"
  BOARD_MEM=$2
  shift 2
  local option from='' reboot=no share=off ram=$BOARD_DIR/ram
  for option in "$@"; do
    case $option in
      from=*) from=${option#from=}; ram=$from/ram ;;
      reboot=yes) reboot=yes ;;
      share=*) ram=${option#share=}; share=on ;;
      *) lab_die "board_start: unknown option $option" ;;
    esac
  done
  # One thread for all CPUs of a board: before 8.1.1, with a thread for each, a change
  # of the memory's map by one CPU (a PCI device is given its addresses) lets another
  # one reach what is no longer there, and kernels hang or QEMU crashes.  With as many
  # boards as processors it is the faster way, too.
  # shellcheck disable=SC2054  # the commas are QEMU's
  local arguments=(
    -name "board-$BOARD_NAME" -nodefaults -display none
    "${KIND_QEMU_OPTIONS[@]}" -accel tcg,thread=single
    -smp "$BOARD_CPUS" -m "$BOARD_MEM"
    -object "memory-backend-file,id=ram,size=${BOARD_MEM}M,mem-path=$ram,share=$share"
    -drive "file=$BOARD_DISK,format=raw,if=none,id=disk,cache=unsafe"
    "${KIND_DISK_OPTIONS[@]}"
    -netdev user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22
    -device virtio-net-pci,netdev=net,romfile=
    -device virtio-rng-pci
    -chardev "file,id=console,path=$BOARD_DIR/console.log,append=on" -serial chardev:console
    -chardev "pipe,id=monitor,path=$BOARD_DIR/monitor" -mon chardev=monitor,mode=control
  )
  [ "$reboot" = yes ] || arguments+=(-no-reboot)
  [ -z "$from" ] || arguments+=(-incoming defer)
  BOARD_RESETS=2 BOARD_REBOOTS=$reboot BOARD_FROM_SNAPSHOT=0
  start_qemu "${arguments[@]}"
  if [ -n "$from" ]; then
    BOARD_FROM_SNAPSHOT=1
    load_snapshot "$from"
  fi
  write_ssh_config old-host
}

start_qemu ()
{
  rm -f "$BOARD_DIR"/monitor.in "$BOARD_DIR"/monitor.out
  mkfifo "$BOARD_DIR/monitor.in" "$BOARD_DIR/monitor.out"
  printf '%q ' "$KIND_QEMU" "$@" >"$BOARD_DIR/qemu.command"
  : >"$BOARD_DIR/monitor.log"
  # Whatever happens to this script, its QEMU does not outlive it.
  setpriv --pdeathsig KILL "$KIND_QEMU" "$@" </dev/null >"$BOARD_DIR/qemu.log" 2>&1 {BOARD_LOCK}>&- &
  BOARD_PID=$!
  cat "$BOARD_DIR/monitor.out" >"$BOARD_DIR/monitor.log" {BOARD_LOCK}>&- &
  wait_for_monitor '"QMP"' 20
  ask_monitor '{"execute":"qmp_capabilities"}' '"return"'
  read_port
}

read_port ()
{
  local number
  ask_monitor "$(human_command 'info usernet')" HOST_FORWARD
  number=$(sed -n 's/.*HOST_FORWARD\] *[0-9]* *127\.0\.0\.1 *\([0-9]*\) .*/\1/p' "$BOARD_DIR/monitor.answer")
  [ -n "$number" ] || lab_die "QEMU did not name the board's port"
  BOARD_PORT=$number
}

human_command ()
{
  printf '{"execute":"human-monitor-command","arguments":{"command-line":"%s"}}' "$1"
}

# -- QEMU's monitor ---------------------------------------------------------

# Writing to the pipe of a QEMU that has just gone would wait for ever.
tell_monitor ()
{
  # shellcheck disable=SC2016
  timeout 10 sh -c 'printf "%s\n" "$1" >"$2"' sh "$1" "$BOARD_DIR/monitor.in"
}

# ask_monitor QUESTION PATTERN: wait for an answer to this very question.
ask_monitor ()
{
  local before
  before=$(wc -l <"$BOARD_DIR/monitor.log")
  tell_monitor "$1"
  wait_for_monitor "$2" 20 "$((before + 1))"
}

# wait_for_monitor PATTERN SECONDS [FROM_LINE]
wait_for_monitor ()
{
  local deadline=$((SECONDS + $2))
  until tail -n "+${3:-1}" "$BOARD_DIR/monitor.log" | grep "$1" >"$BOARD_DIR/monitor.answer"; do
    if ! board_is_running; then
      cat "$BOARD_DIR/qemu.log" >&2
      lab_die "QEMU has ended; its messages are above"
    fi
    [ "$SECONDS" -lt "$deadline" ] || lab_die "no answer from QEMU's monitor: $1"
    sleep 0.1
  done
}

# The memory is the snapshot's file, mapped as a copy of this board's own; only
# the devices' state is read.  A snapshot taken while paused comes back paused.
load_snapshot ()
{
  ask_monitor '{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"x-ignore-shared","state":true}]}}' '"return"'
  ask_monitor "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"exec:cat '$1/state'\"}}" '"return"'
  local deadline=$((SECONDS + 60))
  until ask_monitor '{"execute":"query-status"}' '"running":' \
      && grep -q '"status": "paused"' "$BOARD_DIR/monitor.answer"; do
    [ "$SECONDS" -lt "$deadline" ] || lab_die "the snapshot was not loaded within a minute"
    sleep 0.2
  done
  ask_monitor '{"execute":"cont"}' '"return"'
}

# -- What happens to boards -------------------------------------------------

board_set_link ()
{
  local up=false
  [ "$1" = off ] || up=true
  ask_monitor "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"net\",\"up\":$up}}" '"return"'
}

# Connections that are open stay so, as with a board whose lease has changed.
board_move_port ()
{
  ask_monitor "$(human_command "hostfwd_remove net tcp:127.0.0.1:$BOARD_PORT")" removed
  ask_monitor "$(human_command 'hostfwd_add net tcp:127.0.0.1:0-:22')" '"return"'
  read_port
  write_ssh_config old-host
}

board_slow_disk ()
{
  ask_monitor "{\"execute\":\"block_set_io_throttle\",\"arguments\":{\"device\":\"disk\",
    \"bps\":0,\"bps_rd\":$1,\"bps_wr\":$1,\"iops\":0,\"iops_rd\":0,\"iops_wr\":0}}" '"return"'
}

# An emulated kernel has been seen to stand still, once in hundreds of boots, before it
# had started any program.  Nothing of what is tested has a part in that, so who waits
# for a boot does as people do: the board is reset, and where it stood is told.
board_reset_if_stuck ()
{
  [ "$BOARD_RESETS" -gt 0 ] && board_is_stuck || return 0
  BOARD_RESETS=$((BOARD_RESETS - 1))
  ask_monitor "$(human_command 'info registers -a')" '"return"'
  lab_say "reset: stuck behind '$(tail -n 1 "$BOARD_DIR/console.log" | tr -d '\r' | cut -c1-100)'," \
    "$(grep -Eo '(RIP|HLT|PC)=[0-9a-f]*' "$BOARD_DIR/monitor.answer" | tr '\n' ' ')"
  # With -no-reboot a reset would end QEMU.
  ask_monitor '{"execute":"set-action","arguments":{"reboot":"reset"}}' '"return"'
  ask_monitor '{"execute":"system_reset"}' '"event": "RESET"'
  [ "$BOARD_REBOOTS" = yes ] \
    || ask_monitor '{"execute":"set-action","arguments":{"reboot":"shutdown"}}' '"return"'
}

# Its console is silent, and what it said last is not of a system that has begun.
board_is_stuck ()
{
  local written
  written=$(stat -c %Y "$BOARD_DIR/console.log")
  [ $((EPOCHSECONDS - written)) -ge 120 ] || return 1
  awk -v begun="$BOARD_FROM_SNAPSHOT" '
    / Linux version / || /reboot: (Restarting|machine restart)/ { begun = 0 }
    / Run \/.* as init process/ { begun = 1 }
    END { exit begun }' "$BOARD_DIR/console.log"
}

# -- ssh --------------------------------------------------------------------

# write_ssh_config KEY: the board answers with that host key and no other.  The
# file is understood by OpenSSH and by libssh.
write_ssh_config ()
{
  printf '[127.0.0.1]:%s %s\n' "$BOARD_PORT" "$(cut -d' ' -f1,2 "$LAB_KEYS/$1.pub")" \
    >"$BOARD_DIR/known_hosts"
  cat >"$BOARD_SSH_CONFIG" <<EOF
Host board-$BOARD_NAME
  HostName 127.0.0.1
  Port $BOARD_PORT
  IdentityFile $LAB_KEYS/login
  IdentitiesOnly yes
  UserKnownHostsFile $BOARD_DIR/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 30
$KIND_SSH_OPTIONS
EOF
}

board_ssh ()
{
  local user=$1
  shift
  ssh -F "$BOARD_SSH_CONFIG" "$user@board-$BOARD_NAME" "$@"
}

# The lifeboat takes the session's key, the board's own sshd the other one.
board_rescue ()
{
  local key keys=()
  for key in "$BOARD_DIR"/state/flash-live-remote/sessions/*/key; do
    [ ! -f "$key" ] || keys+=(-i "$key")
  done
  board_ssh root "${keys[@]}" "$@"
}

board_wait_ssh ()
{
  local user=$1 deadline=$((SECONDS + $2)) message=
  until message=$(board_ssh "$user" -o ConnectTimeout=10 true 2>&1 </dev/null); do
    board_is_running || lab_die "the board has stopped before anybody could log in"
    [ "$SECONDS" -lt "$deadline" ] || lab_die "no login as $user within $2 s: $message"
    board_reset_if_stuck
    sleep 0.5
  done
}

# -- The end ----------------------------------------------------------------

board_is_running ()
{
  [ -n "$BOARD_PID" ] && kill -0 "$BOARD_PID" 2>/dev/null
}

board_wait_exit ()
{
  local deadline=$((SECONDS + $1)) status=0
  while board_is_running; do
    [ "$SECONDS" -lt "$deadline" ] || lab_die "the board has not reset itself within $1 s"
    sleep 0.2
  done
  wait "$BOARD_PID" || status=$?
  BOARD_PID=
  [ "$status" -eq 0 ] || lab_die "QEMU has ended with status $status: $(cat "$BOARD_DIR/qemu.log")"
}

board_stop ()
{
  board_is_running || return 0
  kill "$BOARD_PID"
  wait "$BOARD_PID" 2>/dev/null || :
  BOARD_PID=
}

# Call it from the EXIT trap with $?.  After a failure the logs stay, the big
# files go, unless BOARD_KEEP is set.
board_cleanup ()
{
  local status=$1
  lab_report_exit "$status"
  board_stop
  [ -n "$BOARD_DIR" ] || return 0
  if [ -n "${BOARD_KEEP:-}" ]; then
    lab_say "everything of this board is kept in $BOARD_DIR"
  elif [ "$status" -eq 0 ]; then
    rm -rf "$BOARD_DIR"
  else
    rm -f "$BOARD_DISK" "$BOARD_DIR/ram"
    lab_say "the logs of this board are in $BOARD_DIR; the end of its console:" >&2
    tail -n 8 "$BOARD_DIR/console.log" 2>/dev/null | tr -d '\r' | cut -c1-140 >&2 || :
  fi
}

# -- What was flashed -------------------------------------------------------

# Byte for byte, the image's whole length.  Says what differs.
board_compare_disk ()
{
  local image=$1 size
  size=$(board_decompress "$image" | wc -c)
  if board_decompress "$image" | cmp -s -n "$size" - "$BOARD_DISK"; then
    lab_say "the disk is equal to $(basename "$image") in all of its $size bytes"
    return 0
  fi
  lab_say "the disk is not $(basename "$image"): $(describe_difference "$image" "$size")" >&2
  return 1
}

# 200000 differing bytes tell enough of what is wrong.
describe_difference ()
{
  { board_decompress "$1" | cmp -l -n "$2" - "$BOARD_DISK" 2>/dev/null || :; } \
    | head -n 200000 \
    | awk '{ block = int(($1 - 1) / 4096)
             if (count && block == last) next
             last = block
             if (++count <= 8) offsets = offsets " " block * 4096 }
           END { printf "%d%s blocks of 4 KiB differ, the first at byte%s",
                        count, (NR >= 200000 ? " or more" : ""), offsets }'
}

board_decompress ()
{
  case $1 in
    *.xz) xz -dc -- "$1" ;;
    *.gz) gzip -dc -- "$1" ;;
    *) cat -- "$1" ;;
  esac
}

# The board is started again as a power-up would.  Sets BOARD_MARKER to what the
# new system says that it is.
board_boot_flashed ()
{
  : >"$BOARD_DIR/console.log"
  board_start "$BOARD_NAME" "$BOARD_MEM"
  write_ssh_config new-host
  board_wait_ssh root "$1"
  # shellcheck disable=SC2034  # for the caller
  BOARD_MARKER=$(board_ssh root cat /etc/flashed-system </dev/null)
}
