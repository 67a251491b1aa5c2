#!/bin/sh
# SPDX-License-Identifier: MIT
# Encrypted image servers: certificates and keys are taken, wrong ones refused, each with a reason.
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"
# shellcheck source=tests/client/image-servers.sh
. "$(dirname "$0")/image-servers.sh"

start_board
mkdir "$scratch/images"
make_image "$scratch/raw.img" 8
xz -0 <"$scratch/raw.img" >"$scratch/images/new.img.xz"
make_authority "$scratch/authority"
make_authority "$scratch/other-authority"
make_certificate "$scratch/authority" "$scratch/server" server localhost
make_certificate "$scratch/authority" "$scratch/elsewhere" server elsewhere.example
make_certificate "$scratch/authority" "$scratch/expired" server localhost -1
make_certificate "$scratch/authority" "$scratch/me" client me
make_certificate "$scratch/other-authority" "$scratch/stranger" client me
mkdir "$scratch/nobody"
cp "$scratch/authority/ca-cert.pem" "$scratch/nobody/"
make_key "$scratch/keys" alice
make_key "$scratch/wrong-keys" alice

# refused URI REGEX...: nothing is written, and the reason is said.
refused ()
{
  flash_target "root@$board_name" "$1"
  shift
  expect_status 3
  expect_says "nothing was written" "$@"
}

# Certificates, on both sides.
start_nbd_server --tls=require --tls-verify-peer "--tls-certificates=$scratch/server" \
  "$flashimage" "dir=$scratch/images"
server=localhost:$port
fill_target
flash_target --stream "root@$board_name" "nbds://$server/new.img.xz?tls-certificates=$scratch/me"
expect_status 0
expect_says "from nbds://$server, encrypted"
expect_flashed "$scratch/raw.img"
fill_target
flash_target --ramfs "root@$board_name" "nbds://$server/new.img.xz?tls-certificates=$scratch/me"
expect_status 0
expect_flashed "$scratch/raw.img"
remember_target
refused "nbd://$server/new.img.xz" "encrypted connections only: write nbds://"
refused "nbds://$server/new.img.xz?tls-certificates=$scratch/nobody" "certificate of this client"
refused "nbds://$server/new.img.xz?tls-certificates=$scratch/nowhere" "nowhere/ca-cert.pem"
refused "nbds://$server/new.img.xz" "nothing to know nbds://$server by"
cp "$scratch/other-authority/ca-cert.pem" "$scratch/me/ca-cert.pem"
refused "nbds://$server/new.img.xz?tls-certificates=$scratch/me" "cannot be trusted"
cp "$scratch/authority/ca-cert.pem" "$scratch/me/ca-cert.pem"
refused "nbds://$server/other.img?tls-certificates=$scratch/me" "has no image other.img"
cp "$scratch/authority/ca-cert.pem" "$scratch/stranger/ca-cert.pem"
refused "nbds://$server/new.img.xz?tls-certificates=$scratch/stranger" "certificate of this client"
# Where libnbd would look for it without being told.
mkdir -p "$HOME/.pki"
cp -r "$scratch/me" "$HOME/.pki/libnbd"
flash --device "$board_target" --dry-run "root@$board_name" "nbds://$server/new.img.xz"
expect_status 0

# A certificate for another name, and one that has expired.
for folder in elsewhere expired; do
  start_nbd_server --tls=require "--tls-certificates=$scratch/$folder" \
    "$flashimage" "dir=$scratch/images"
  refused "nbds://localhost:$port/new.img.xz" "cannot be trusted"
done

# Pre-shared keys.
start_nbd_server --tls=require "--tls-psk=$scratch/keys" "$flashimage" \
  "dir=$scratch/images"
server=localhost:$port
fill_target
flash_target --stream "root@$board_name" "nbds://alice@$server/new.img.xz?tls-psk-file=$scratch/keys"
expect_status 0
expect_flashed "$scratch/raw.img"
remember_target
refused "nbds://alice@$server/new.img.xz?tls-psk-file=$scratch/wrong-keys" "refuses this user with this key"
refused "nbds://bob@$server/new.img.xz?tls-psk-file=$scratch/keys" "has none for this user"
refused "nbds://alice@$server/new.img.xz?tls-psk-file=$scratch/no-keys" "no-keys.*No such file"
refused "nbds://$server/new.img.xz" "pre-shared keys"

# A server that does not encrypt.
start_nbd_server "$flashimage" "dir=$scratch/images"
refused "nbds://localhost:$port/new.img.xz" "does not encrypt"
expect_untouched
