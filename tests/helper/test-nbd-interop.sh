#!/bin/sh
# SPDX-License-Identifier: MIT
# The NBD reader against real servers of every kind: rehearse and write through
# each, the target then equals the image.

. "${srcdir:=.}/data-side.sh"
requires nbdkit

make_image $((37 * 1048576 + 1536))

# $1: what it is.  TEST_SERVER is set.
check_server ()
{
    echo "server: $1"
    make_target $((40 * 1048576))
    run rehearse
    run write
    check_target
    said "state name=verified"
}

for options in "" "--no-sr" "--filter=noextents" "--filter=delay rdelay=1ms" \
    "--filter=noparallel serialize=requests" \
    "--filter=blocksize-policy blocksize-minimum=512 blocksize-preferred=4096 \
        blocksize-maximum=192K blocksize-error-policy=error"
do
    # A filter's parameters go behind the plugin.
    filter='' parameters=''
    for word in $options; do
        case $word in -*) filter="$filter $word" ;;
                      *) parameters="$parameters $word" ;; esac
    done
    export TEST_SERVER="nbdkit -s -f -r $filter file $dir/image $parameters"
    check_server "nbdkit $options"
done

# Two pipes instead of one socket; a pipe holds less than a reply.
if command -v mkfifo > /dev/null; then
    export TEST_SERVER="cat | nbdkit -s -f -r file $dir/image | cat"
    check_server "nbdkit through pipes"
fi

if command -v qemu-nbd > /dev/null && command -v socat > /dev/null; then
    # One client, then it ends; -k waits on a socket in our own directory.
    export TEST_SERVER="qemu-nbd -f raw -r -x disk -k $dir/qemu.sock \
        $dir/image > /dev/null 2>&1 < /dev/null &
        while ! [ -S $dir/qemu.sock ]; do sleep 0.05; done
        socat - UNIX-CONNECT:$dir/qemu.sock"
    check_server "qemu-nbd"
else
    echo "qemu-nbd or socat is missing: left out"
fi

# Servers that are no use.
make_target $((40 * 1048576))
for server in "nbdkit -s -f -r -e other --filter=exportname file $dir/image \
                   exportname=other exportname-strict=true" \
              "nbdkit -s -f -o -r file $dir/image" "echo hello there, friend" \
              "nbdkit -s -f -r memory 20M"
do
    echo "bad server: $server"
    TEST_SERVER="$server" run_must_fail write
    said "^error written=no"
    not_said "state name=writing"
done
