# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The part of flash-image-server-setup that makes certificates: a CA, what it signs, and
# the list of what it revoked.  $ca, $tls and $work are folders; put, die and say are the
# program's.

make_key ()
{
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" \
    2>"$work/words" || die "openssl genpkey: $(cat "$work/words")"
}

make_ca ()
{
  [ ! -e "$ca/ca-key.pem" ] || return 0
  [ ! -e "$ca/ca-cert.pem" ] ||
    die "$ca/ca-cert.pem is there, but not its key, ca-key.pem: is this the right \
--directory?"
  make_key "$work/ca-key.pem"
  cat >"$work/ca.conf" <<END
[req]
distinguished_name = name
x509_extensions = ca
prompt = no
[name]
CN = flash-live-remote images $(openssl rand -hex 4)
[ca]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
END
  openssl req -new -x509 -config "$work/ca.conf" -key "$work/ca-key.pem" -sha256 \
    -days "$ca_days" -out "$work/ca-cert.pem" 2>"$work/words" ||
    die "openssl req: $(cat "$work/words")"
  mv -- "$work/ca-cert.pem" "$ca/ca-cert.pem"
  mv -- "$work/ca-key.pem" "$ca/ca-key.pem"
  say "A new CA: $ca (keep it to yourself, and keep a copy)"
}

require_ca ()
{
  [ -e "$ca/ca-key.pem" ] ||
    die "there is no CA in $ca yet. Begin with: flash-image-server-setup server NAME"
}

# sign PUBLIC-KEY NAME PURPOSE SUBJECT-NAMES DAYS CERTIFICATE
sign ()
{
  { openssl x509 -in "$ca/ca-cert.pem" -noout -checkend $(($5 * 86400)); } >/dev/null ||
    die "the CA itself ends before $5 days have passed; give --days"
  cat >"$work/sign.conf" <<END
[req]
distinguished_name = name
prompt = no
[name]
CN = $2
[extensions]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = $3
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
  [ -z "$4" ] || printf 'subjectAltName = %s\n' "$4" >>"$work/sign.conf"
  # A request has to be signed with a key, but only the public one is at hand.
  make_key "$work/any-key.pem"
  { openssl req -new -config "$work/sign.conf" -key "$work/any-key.pem" \
      -out "$work/request.pem" &&
    openssl x509 -req -in "$work/request.pem" -force_pubkey "$1" \
      -CA "$ca/ca-cert.pem" -CAkey "$ca/ca-key.pem" \
      -set_serial "0x$(openssl rand -hex 16 | sed 's/^[89a-f]/7/')" -sha256 \
      -days "$5" -extfile "$work/sign.conf" -extensions extensions -out "$6"
  } >"$work/words" 2>&1 || die "openssl: $(cat "$work/words")"
}

good_until ()
{
  openssl x509 -in "$1" -noout -enddate | sed 's/^notAfter=//'
}

# The names of a certificate, as this program writes them.
names_in ()
{
  openssl x509 -in "$1" -noout -text |
    sed -n '/Subject Alternative Name/{n;s/IP Address:/IP:/g;s/[ ]//g;p;}'
}

# issue_server NAMES: into $work; openssl decides how addresses are written.
issue_server ()
{
  openssl pkey -in "$tls/server-key.pem" -pubout -out "$work/public.pem"
  sign "$work/public.pem" "${1%%,*}" serverAuth "$1" "${days:-$server_days}" \
    "$work/server-cert.pem"
}

# newest_certificate USER: the one that is good for longest; fails if there is none.
newest_certificate ()
{
  newest=
  for certificate in "$ca/users/$1"/*.pem; do
    [ -e "$certificate" ] || continue
    # Their names begin with the date of the issue.
    newest=$certificate
  done
  [ -n "$newest" ]
}

# record_certificate FILE USER: what revoke has to know.
record_certificate ()
{
  serial=$(openssl x509 -in "$1" -noout -serial | sed 's/^serial=//')
  mkdir -p -- "$ca/users/$2"
  cp -- "$1" "$ca/users/$2/$(date -u +%Y%m%dT%H%M%SZ)-$serial.pem"
}

revoke_certificates ()
{
  cat >"$work/crl.conf" <<END
[ca]
default_ca = images
[images]
database = $ca/index.txt
crlnumber = $ca/crlnumber
default_md = sha256
unique_subject = no
END
  [ -e "$ca/index.txt" ] || : >"$ca/index.txt"
  [ -e "$ca/crlnumber" ] || echo 01 >"$ca/crlnumber"
  for certificate in "$ca/users/$1"/*.pem; do
    openssl ca -config "$work/crl.conf" -cert "$ca/ca-cert.pem" \
      -keyfile "$ca/ca-key.pem" -revoke "$certificate" >"$work/words" 2>&1 ||
      grep -q 'Already revoked' "$work/words" ||
      die "openssl ca: $(cat "$work/words")"
  done
  # nbdkit does not mind a list that is out of date, other programs may: it is good as
  # long as the CA.
  openssl ca -config "$work/crl.conf" -cert "$ca/ca-cert.pem" \
    -keyfile "$ca/ca-key.pem" -gencrl -crldays "$ca_days" -out "$work/ca-crl.pem" \
    >"$work/words" 2>&1 || die "openssl ca: $(cat "$work/words")"
  put "$work/ca-crl.pem" "$tls/ca-crl.pem"
  mkdir -p -- "$ca/revoked/$1"
  mv -- "$ca/users/$1"/*.pem "$ca/revoked/$1/"
  rmdir -- "$ca/users/$1"
  say "The certificates of $1 are in the list of revoked ones, $tls/ca-crl.pem"
  restart_hint
}
