#!/bin/sh
# SPDX-License-Identifier: MIT
# --stop-services without systemd: OpenRC, runit, `service`, /etc/init.d alone; only what runs is stopped, and only that is started again.

. "$(dirname -- "$0")/session-side.sh"
enter_sandbox "$@"

# A root with busybox, where what flash.sh asks the old root for is run as it
# is.
board=$scratch/board
bin=$board/bin
mkdir -p "$bin" "$board/proc" "$board/dev" "$board/etc/init.d" "$board/run" "$board/state"
cp "$(command -v busybox)" "$bin/busybox"
ldd "$bin/busybox" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$board${library%/*}" && cp -L "$library" "$board$library"
done
for applet in cat grep ls mkdir rm sed sh tr; do
  ln -s busybox "$bin/$applet"
done
mkdir "$board/proc/4711"
mknod -m 666 "$board/dev/null" c 1 3

{
  sed '/^# -- The plan/,$d' "$helper_dir/flash.sh"
  cat <<'END'
set -f
on_old_root () { set +f; "$@"; on_old_root_status=$?; set -f; return $on_old_root_status; }
say () { echo "$*"; }
case $1 in stop) stop_services ;; undo) undo ;; esac
END
} >"$board/flash-services"

# The scripts note their verbs in /asked and keep their state in /state/NAME.
write_script ()        # NAME HOW-IT-TELLS
{
  {
    echo '#!/bin/sh'
    echo "name=$1 how=$2"
    cat <<'END'
echo "$name $1" >>/asked
case $1 in
  start) echo >"/state/$name" ;;
  stop) [ ! -e "/state/refuses-$name" ] || exit 1; rm -f "/state/$name" ;;
  status)
    case $how in
      lsb) [ -e "/state/$name" ] || exit 3 ;;
      words) if [ -e "/state/$name" ]; then echo running; else echo inactive; fi ;;
      *) echo "Usage: $0 {start|stop}"; exit 1 ;;
    esac ;;
esac
END
  } >"$board/etc/init.d/$1"
  chmod 755 "$board/etc/init.d/$1"
}

# A manager that hands on to the scripts: `$1 NAME VERB`, or VERB NAME.
write_manager ()
{
  printf '#!/bin/sh\necho "%s $*" >>/asked-manager\nexec "/etc/init.d/$%s" "$%s"\n' \
    "$1" "$2" "$3" >"$bin/$1"
  chmod 755 "$bin/$1"
}

run_services ()
{
  status=0
  env -i PATH=/bin FLASH_STOP_SERVICES="${patterns:-marine-* docker S?fixed}" \
    FLASH_ROOT_DISK=yes "$(command -v chroot)" "$board" /bin/busybox sh \
    /flash-services "$1" >"$scratch/said" 2>&1 || status=$?
}

set_state ()
{
  rm -f "$board"/state/* "$board"/asked* "$board"/undo-steps "$board"/undoing \
    "$board"/stopped-units "$board"/service-manager
  for name; do echo >"$board/state/$name"; done
  set_before=$(ls "$board/state")
}

expect_state ()
{
  [ "$(ls "$board/state" | tr '\n' ' ')" = "$1" ] ||
    fail "$manager: $(ls "$board/state"); asked: $(cat "$board/asked")"
}

write_script marine-a lsb
write_script marine-b lsb
write_script docker words
write_script S50docker usage
write_script other lsb
echo 4711 >"$board/run/docker.pid"
: >"$board/etc/init.d/marine-no-program"

for manager in init.d service openrc; do
  case $manager in
    openrc) write_manager rc-service 1 2 ;;
    service) write_manager service 1 2 ;;
  esac
  set_state marine-a docker S50docker other
  run_services stop
  [ $status = 0 ] || fail "$manager: $(cat "$scratch/said")"
  expect_state "other "
  grep -q 'stopping .*marine-a' "$scratch/said" || fail "$(cat "$scratch/said")"
  grep -q '^other' "$board/asked" && fail "$manager: other services are asked"
  grep -q '^marine-b st[oa][pr]' "$board/asked" &&
    fail "$manager: what did not run was touched"
  case $manager in
    openrc) grep -qx 'rc-service marine-a stop' "$board/asked-manager" ;;
    service) grep -qx 'service marine-a stop' "$board/asked-manager" ;;
    init.d) [ ! -e "$board/asked-manager" ] ;;
  esac || fail "$manager did not do it"
  run_services undo
  [ "$(ls "$board/state")" = "$set_before" ] ||
    fail "$manager: it is not as it was: $(ls "$board/state")"
done
rm "$bin/rc-service" "$bin/service"

echo "# a script that cannot say whether it runs, and nothing else can: left alone"
manager=init.d
rm "$board/run/docker.pid"
set_state S50docker
run_services stop
expect_state "S50docker "
grep -q '^S50docker st[oa][pr]' "$board/asked" && fail "it was touched"

echo "# one that does not stop"
set_state marine-a marine-b refuses-marine-b
run_services stop
[ $status != 0 ] || fail "it went on"
grep -q 'could not be stopped' "$scratch/said" || fail "$(cat "$scratch/said")"
run_services undo
expect_state "marine-a marine-b refuses-marine-b "

echo "# runit"
manager=runit
rm -rf "$board/etc/init.d"
mkdir -p "$board/etc/service/marine-a" "$board/etc/service/docker"
for name in marine-a docker; do
  printf '#!/bin/sh\n' >"$board/etc/service/$name/run"
  chmod 755 "$board/etc/service/$name/run"
done
cat >"$bin/sv" <<'END'
#!/bin/sh
echo "sv $*" >>/asked
case $1 in
  start) echo >"/state/$2" ;;
  stop) rm -f "/state/$2" ;;
  status) if [ -e "/state/$2" ]; then echo "run: $2: (pid 7) 9s"
    else echo "down: $2: 9s"; fi ;;
esac
END
chmod 755 "$bin/sv"
set_state marine-a
run_services stop
expect_state ""
grep -q 'sv stop docker' "$board/asked" && fail "what is down was stopped"
run_services undo
expect_state "marine-a "

echo "# nothing of the kind"
rm -rf "$bin/sv" "$board/etc/service"
set_state
run_services stop
[ $status = 0 ] || fail "$(cat "$scratch/said")"
grep -q 'frozen' "$scratch/said" || fail "$(cat "$scratch/said")"
