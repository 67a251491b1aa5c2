#!/bin/sh
# SPDX-License-Identifier: MIT
# A lost connection that a password opened: the terminal is told why it is asked again, and ^C leaves the question.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

# shellcheck source=tests/client/board-trouble.sh
. "$(dirname "$0")/board-trouble.sh"

requires expect -v
board_disk_mb=256
start_board
make_image "$scratch/new.img" 200
hash=$(printf 'open sesame' | openssl passwd -6 -stdin) || skip "no openssl"
sed -i "s|^pi:[^:]*:|pi:$hash:|" "$board_dir/etc/shadow"
sed -e 's/^PasswordAuthentication.*/PasswordAuthentication yes/' \
  -e '/^ListenAddress/d' "$board_dir/sshd_config" >"$board_dir/sshd_password"
password_port=$((board_port + 1))
board_run /usr/sbin/sshd -f "$board_dir/sshd_password" -p $password_port \
  -o ListenAddress=127.0.0.1
sed "s/:$board_port /:$password_port /" "$board_known_hosts" >"$scratch/known"

# Every connection of pi breaks.
cat >"$scratch/break" <<'END'
for p in /proc/[0-9]*; do
  case $(tr '\0' ' ' <"$p/cmdline" 2>/dev/null) in
    "sshd: pi"* | "sshd-session: pi"*) kill -KILL "${p#/proc/}" ;;
  esac
done
END
slow_image_server 100
cat >"$scratch/dialogue" <<END
set timeout 120
log_file -noappend -a $scratch/said
eval spawn -noecho \$argv
expect "Password of pi@127.0.0.1: " { send "open sesame\r" } timeout { exit 90 }
expect -re {writing +[1-9][0-9.]* MB of} {} timeout { exit 91 }
exec nsenter -t $board_pid -m -p -- sh $scratch/break
expect "The connection was lost, and the board waits" {} timeout { exit 92 }
expect "Password of pi@127.0.0.1: " { send "\003" } timeout { exit 93 }
expect eof {} timeout { exit 94 }
exit [lindex [wait] 3]
END
status=0
expect -f "$scratch/dialogue" -- "$client" -F none -p "$password_port" \
  -o IdentityFile=none -o UserKnownHostsFile="$scratch/known" --stream \
  --device "$board_target" --confirm 127.0.0.1 pi@127.0.0.1 "$scratch/new.img" \
  >/dev/null 2>&1 || status=$?
expect_status 4
expect_says "partly written" "same command again"
normal_image_server
flash_target --stream "pi@$board_name" "$scratch/new.img"
expect_status 0
expect_flashed "$scratch/new.img"
expect_clean
