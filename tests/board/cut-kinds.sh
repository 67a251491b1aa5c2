# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What can go wrong in the middle of a flash, done to a virtual board and its
# client.  Sourced after board-client.sh.
#
#   inflict KIND SECONDS    afterwards the client runs still, or is dead for good

inflict ()
{
  case $1 in
    client-sigkill) client_kill ;;
    client-machine-gone) lose_client_machine ;;
    link-down) lose_link "$2" ;;
    link-down-long) lose_link 600 ;;
    address-changed) client_kill; board_move_port ;;
    nbdkit-killed) kill_nbdkit ;;
    sshd-killed) kill_on_board find_sshd ;;
    helper-killed) kill_on_board find_helper ;;
    dd-killed) kill_on_board find_dd ;;
    *) lab_die "no kind of cut: $1" ;;
  esac
}

# Nothing answers, and no FIN tells the board.  What the client had not read yet
# makes its socket end with a reset, which falls into the link that is down.
lose_client_machine ()
{
  local nbdkits
  nbdkits=$(pgrep -P "$CLIENT_PID" -x nbdkit || :)
  # shellcheck disable=SC2086
  kill -STOP "$CLIENT_PID" $nbdkits
  sleep 5
  board_set_link off
  client_kill
  # shellcheck disable=SC2086
  [ -z "$nbdkits" ] || kill -KILL $nbdkits 2>/dev/null || :
  sleep 3
  board_set_link on
}

lose_link ()
{
  board_set_link off
  sleep "$1"
  board_is_running || return 0          # it was finishing by itself
  board_set_link on
}

kill_nbdkit ()
{
  pkill -KILL -P "$CLIENT_PID" -x nbdkit || lab_die "the client has no nbdkit"
}

# -- On the board -----------------------------------------------------------

# kill_on_board FIND: FIND prints the script that looks for a process and kills it;
# it is tried until there was one.  A login by the board's own sshd may be frozen
# with all the rest, so it must not be waited for.
kill_on_board ()
{
  local deadline=$((SECONDS + 120))
  until "$1" | board_rescue -o ConnectTimeout=15 \
        -o ServerAliveInterval=4 -o ServerAliveCountMax=2 sh >"$BOARD_DIR/cut.log" 2>&1 \
      && grep -q '^killed ' "$BOARD_DIR/cut.log"; do
    board_is_running || lab_die "the board has ended before something on it was killed ($1)"
    [ "$SECONDS" -lt "$deadline" ] \
      || lab_die "nothing on the board was killed ($1): $(cat "$BOARD_DIR/cut.log")"
    sleep 1
  done
}

# A cmdline has NULs, which `read` leaves out; busybox dd makes more of its "=".
print_search ()
{
  cat <<'EOS'
search ()
{
  for try in 1 2 3 4 5 6 7 8 9 10; do
    for process in /proc/[0-9]*; do
      { read -r words <"$process/cmdline" || :; } 2>/dev/null
      case $words in $1 | ${2:-$1}) pid=${process#/proc/}; return 0 ;; esac
    done
    sleep 0.3
  done
  echo "no $1"
  return 1
}
kill_it () { kill -9 "$pid" && echo "killed $pid $words"; }
EOS
}

find_helper ()
{
  print_search
  echo "search '*flash-helperwrite*' '*flash-helperstage*' && kill_it"
}

# On a busy machine the copy may have ended before the login: then whoever reads
# the disk back is killed.
find_dd ()
{
  print_search
  echo "search 'ddof*seek_bytes*' || search '*flash-helperwrite*' && kill_it"
}

# The server of the client's connection is the nearest sshd above the helper that
# was started over it.
find_sshd ()
{
  print_search
  cat <<'EOS'
search '*flash-helperattach*' || exit 1
while [ "$pid" -gt 1 ]; do
  while read -r key value; do
    case $key in PPid:) parent=$value ;; esac
  done <"/proc/$pid/status"
  pid=$parent
  read -r words <"/proc/$pid/comm"
  case $words in sshd*) kill_it; exit ;; esac
done
echo 'no sshd above it'
exit 1
EOS
}
