#!/bin/sh
# SPDX-License-Identifier: MIT
# The rehearsal writes nothing to the target, and finds a dd, a target or a
# tunnel that is no good.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

make_image $((3 * 1048576 + 333))
make_target $((4 * 1048576 + 100))
export TEST_SERVER="$file_server"
before=$(cksum "$dir/dev/target")

run rehearse
said "^phase name=rehearse"
[ "$(grep -c 'text=tunnel' "$dir/out")" -eq 1 ] || fail "not one tunnel"
[ ! -e "$dir/rehearsal" ] || fail "the scratch file is left behind"
FLASH_MODE=ramfs run rehearse
not_said "text=tunnel"
if [ "$(cat /proc/self/oom_score_adj)" -ne -1000 ]; then
    said "^note text=.*when memory runs out"
fi
if command -v busybox > /dev/null; then
    ln -s "$(command -v busybox)" "$dir/bin/busybox"
    ln -sf busybox "$dir/bin/dd"
    run rehearse
    ln -sf "$(command -v dd)" "$dir/bin/dd"
fi
[ "$(cksum "$dir/dev/target")" = "$before" ] || fail "the target was changed"

# A dd without seek_bytes, one that forgets the tail, none at all.
for words in 'echo "dd: invalid output flag" >&2; exit 1' \
             'cat > /dev/null' \
             "head -c 4096 | $(command -v dd) \"\$@\"; cat > /dev/null"
do
    printf '#!/bin/sh\n%s\n' "$words" > "$dir/bad-dd"
    chmod +x "$dir/bad-dd"
    FLASH_DD="$dir/bad-dd" run_must_fail rehearse
    said "^error written=no"
done
FLASH_DD="$dir/no-dd" run_must_fail rehearse
said "^error written=no text=.*no-dd can't be started"

FLASH_TARGET_SIZE=$((5 * 1048576)) run_must_fail rehearse
said "not the disk"
FLASH_DISK_SIZE=$((4 * 1048576 + 101)) run_must_fail rehearse
said "does not fit"
TEST_SERVER="nbdkit -s -f -r memory 5M" run_must_fail rehearse
said "not the image of this session"
FLASH_SESSION=../../x run_must_fail rehearse
said "FLASH_SESSION"

# The way to reboot, where a reboot is to come.
export FLASH_MODE=ramfs FLASH_ROOT_DISK=yes
run_must_fail rehearse
said "^error written=no text=the board could not be rebooted: .*can't be started"
printf '#!/bin/sh\necho "reboot: applet not found" >&2; exit 127\n' \
    > "$dir/bin/reboot"
chmod +x "$dir/bin/reboot"
run_must_fail rehearse
said "^error written=no text=the board could not be rebooted: its busybox"
FLASH_REBOOT=no run rehearse
# A stand-in that must only be asked for its help.
cat > "$dir/bin/reboot" << END
#!/bin/sh
[ "\$*" = --help ] || touch $dir/rebooted
END
run rehearse
if unshare --mount true 2> /dev/null && command -v setpriv > /dev/null; then
    if [ -w /proc/sysrq-trigger ]; then
        setpriv --bounding-set -sys_boot --inh-caps -sys_boot ./data-side \
            rehearse > "$dir/out" || fail "SysRq would do"
        said "^note text=the reboot has one way only: .*CAP_SYS_BOOT"
    fi
    unshare --mount setpriv --bounding-set -sys_boot --inh-caps -sys_boot \
        sh -c 'if [ -e /proc/sysrq-trigger ]; then
                   mount --bind /proc/sysrq-trigger /proc/sysrq-trigger &&
                   mount -o remount,bind,ro /proc/sysrq-trigger || exit
               fi
               ! ./data-side rehearse' > "$dir/out" ||
        fail "there is no way to reboot"
    said "^error written=no text=the board could not be rebooted: .*CAP_SYS_BOOT"
fi
[ ! -e "$dir/rebooted" ] || fail "it was not only asked for its help"
