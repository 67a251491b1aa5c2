#!/bin/sh
# SPDX-License-Identifier: MIT
# Certificates of users (beside the key, by CertificateFile, in the agent), and of hosts (named, and checked by --ssh=openssh).
set -eu
# shellcheck source=tests/client/flash-test.sh
. "$(dirname "$0")/flash-test.sh"

start_board
make_image "$scratch/new.img" 8
keys=$scratch/home/.ssh
cert_port=$((board_port + 1))

# An sshd that knows no key, but an authority, and shows a certificate itself.
ssh-keygen -q -t ed25519 -N '' -f "$scratch/user-ca"
ssh-keygen -q -t ed25519 -N '' -f "$scratch/host-ca"
ssh-keygen -q -s "$scratch/host-ca" -h -I board -n 127.0.0.1,board \
  "$board_dir/host_key.pub"
cp "$scratch/user-ca.pub" "$board_dir/keys/authority"
sed -e '/^ListenAddress/d' -e 's/^AuthorizedKeysFile.*/AuthorizedKeysFile none/' \
  "$board_dir/sshd_config" >"$board_dir/sshd_cert"
echo "TrustedUserCAKeys $board_dir/keys/authority
HostCertificate $board_dir/host_key-cert.pub" >>"$board_dir/sshd_cert"
board_run /usr/sbin/sshd -f "$board_dir/sshd_cert" -p $cert_port \
  -o ListenAddress=127.0.0.1
sed "s/:$board_port /:$cert_port /" "$board_known_hosts" >"$scratch/known"

dry_run ()
{
  flash -p $cert_port -o UserKnownHostsFile="$scratch/known" -o IdentityFile=none \
    --dry-run --device "$board_target" "$@" root@127.0.0.1 "$scratch/new.img"
}

for type in ed25519 rsa ecdsa; do
  ssh-keygen -q -t $type -N '' -f "$keys/signed-$type"
  dry_run -i "$keys/signed-$type"
  expect_status 3
  expect_says 'refuses the login'
  ssh-keygen -q -s "$scratch/user-ca" -I me -n pi,root "$keys/signed-$type.pub"
  for transport in libssh openssh; do
    echo "$type $transport"
    dry_run --ssh=$transport -i "$keys/signed-$type"
    expect_status 0
  done
done

# By the agent, which gets the certificate with the key.
eval "$(ssh-agent -s)" >/dev/null
cleanup_fn "kill $SSH_AGENT_PID"
ssh-add -q "$keys/signed-ed25519"
dry_run
expect_status 0
ssh-add -q -D
unset SSH_AUTH_SOCK

# Elsewhere than beside the key; the key without its public half, too.
mv "$keys/signed-ed25519-cert.pub" "$scratch/certificate"
dry_run -i "$keys/signed-ed25519"
expect_status 3
for transport in libssh openssh; do
  dry_run --ssh=$transport -i "$keys/signed-ed25519" \
    -o CertificateFile="$scratch/certificate"
  expect_status 0
done
rm "$keys/signed-ed25519.pub"
dry_run -i "$keys/signed-ed25519" -o CertificateFile="$scratch/certificate"
expect_status 0

# One for somebody else.
ssh-keygen -q -s "$scratch/user-ca" -I other -n somebody "$keys/signed-ecdsa.pub"
dry_run -i "$keys/signed-ecdsa"
expect_status 3

# The host's certificate is all that is known of it.
printf '@cert-authority [127.0.0.1]:%s %s\n' "$cert_port" \
  "$(cat "$scratch/host-ca.pub")" >"$scratch/known"
dry_run -i "$keys/signed-rsa"
expect_status 3
expect_says '@cert-authority' '--ssh=openssh'
dry_run --ssh=openssh -i "$keys/signed-rsa"
expect_status 0
# Another authority's does not count.
printf '@cert-authority * %s\n' "$(cat "$scratch/user-ca.pub")" >"$scratch/known"
dry_run --ssh=openssh -i "$keys/signed-rsa"
expect_status 3
expect_says 'ssh: ' 'nothing was written'

# Such a login, and then the lifeboat, which shows the same key without a certificate.
printf '@cert-authority [127.0.0.1]:%s %s\n' "$cert_port" \
  "$(cat "$scratch/host-ca.pub")" >"$scratch/known"
flash --ssh=openssh -p $cert_port -o UserKnownHostsFile="$scratch/known" \
  -i "$keys/signed-rsa" --rehearse --lifeboat-port 0 --confirm 127.0.0.1 \
  --device "$board_target" root@127.0.0.1 "$scratch/new.img"
expect_status 0
expect_says 'leads into its memory'
expect_clean
