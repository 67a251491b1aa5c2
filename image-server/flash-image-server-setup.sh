#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the keys of an image server and of its users: flash-image-server-setup(8).
#
# DIRECTORY/ca   the CA: its key, what it issued; nobody's business but root's
# DIRECTORY/tls  what the server reads; its group may read it, too
#
# Every file is made under a temporary name in its folder, readable by nobody else,
# and then renamed.  No secret is an argument of a program: printf is the shell's own.

set -eu
umask 077

directory=@confdir@
group=flash-image-server
output=
server_days=825
user_days=400
ca_days=3650
days=

die ()
{
  printf 'flash-image-server-setup: %s\n' "$*" >&2
  exit 1
}

say ()
{
  printf '%s\n' "$*"
}

usage ()
{
  cat <<END
Makes the keys of an image server of flash-live-remote, and of its users.

  flash-image-server-setup [OPTION...] server NAME...
      the server's certificate, for these host names and addresses; the CA, too, if
      there is none.  Again with other names: another certificate, the same key
  flash-image-server-setup [OPTION...] user USER
      a certificate for a user: a folder USER to hand over
  flash-image-server-setup [OPTION...] psk USER
      a key for a user (TLS=psk): a file USER.psk to hand over
  flash-image-server-setup [OPTION...] revoke USER
      the certificates and the key of a user are no longer good
  flash-image-server-setup [OPTION...] renew server
  flash-image-server-setup [OPTION...] renew USER
      a new certificate for the same key
  flash-image-server-setup [OPTION...] list
      who has what, and until when

  --directory DIR   where all is kept [$directory]
  --group GROUP     the server's group, which may read its keys [$group]
  --output DIR      where to write what is to be handed over [.]
  --days N          how long a certificate is good [server $server_days, user $user_days]
  --help            this text
  --version         the version
END
}

# --- names and numbers ---------------------------------------------------------

check_user ()
{
  case $1 in
    ''|-*|.*|*[!A-Za-z0-9._-]*)
      die "'$1' cannot be a user's name: letters, digits, dots, - and _ are allowed" ;;
    server) die "'server' cannot be a user's name: renew server is something else" ;;
  esac
  [ "${#1}" -le 64 ] || die "a user's name can have 64 characters"
}

# subject_name NAME: how a certificate writes it (DNS:... or IP:...).
subject_name ()
{
  case $1 in
    *[!0-9.]*) ;;
    *.*.*.*) printf 'IP:%s' "$1"; return ;;
  esac
  case $1 in
    ''|-*|.*) ;;
    *:*) case $1 in *[!0-9A-Fa-f:.]*) ;; *) printf 'IP:%s' "$1"; return ;; esac ;;
    *[!A-Za-z0-9.-]*) ;;
    *) printf 'DNS:%s' "$1"; return ;;
  esac
  die "'$1' is neither a host name nor an address"
}

# --- files -----------------------------------------------------------------------

# keep_group FILE...: readable by the server's group, if that is there.
keep_group ()
{
  if [ "$(id -u)" -eq 0 ] && getent group "$group" >/dev/null 2>&1; then
    chgrp "$group" "$@"
    chmod g+r "$@"
  fi
}

prepare_folders ()
{
  [ -d "$directory" ] || (umask 022 && mkdir -p -- "$directory")
  mkdir -p -- "$ca" "$ca/users" "$ca/revoked" "$tls"
  chmod 0700 "$ca"
  keep_group "$tls"
  [ "$(stat -c %G "$tls")" != "$group" ] || chmod 0750 "$tls"
  # One at a time: the list of keys and that of what was issued are rewritten.
  exec 9>>"$ca/lock"
  flock 9
  work=$(mktemp -d "$ca/work.XXXXXX")
  trap 'rm -rf -- "$work"' EXIT
  trap 'exit 1' HUP INT TERM
}

# put FILE PLACE: what the server reads.
put ()
{
  cp -- "$1" "$tls/.new"
  keep_group "$tls/.new"
  mv -- "$tls/.new" "$2"
}

# At the build the file takes the place of this line.
# shellcheck source=certificate-authority.sh
. ./certificate-authority.sh

# --- the commands --------------------------------------------------------------------

server_command ()
{
  [ $# -gt 0 ] || die "which names has the server? flash-image-server-setup server NAME..."
  names=
  for name in "$@"; do
    names="$names${names:+,}$(subject_name "$name")"
  done
  prepare_folders
  make_ca
  [ -e "$tls/ca-cert.pem" ] || put "$ca/ca-cert.pem" "$tls/ca-cert.pem"
  cmp -s "$ca/ca-cert.pem" "$tls/ca-cert.pem" ||
    die "$tls/ca-cert.pem is another CA's; nothing was changed"
  if [ ! -e "$tls/server-key.pem" ]; then
    make_key "$work/server-key.pem"
    put "$work/server-key.pem" "$tls/server-key.pem"
  fi
  issue_server "$names"
  if [ -e "$tls/server-cert.pem" ] &&
     [ "$(names_in "$tls/server-cert.pem")" = "$(names_in "$work/server-cert.pem")" ] &&
     openssl x509 -in "$tls/server-cert.pem" -noout -checkend 2592000 >/dev/null; then
    say "The server has a certificate for these names until $(good_until "$tls/server-cert.pem"): nothing to do"
    return
  fi
  put "$work/server-cert.pem" "$tls/server-cert.pem"
  say "The server's certificate: $tls/server-cert.pem, until $(good_until "$tls/server-cert.pem")"
  restart_hint
}

restart_hint ()
{
  say "A server that runs reads it when it starts: systemctl restart flash-image-server"
}

user_command ()
{
  [ $# -eq 1 ] || die "which user? flash-image-server-setup user USER"
  check_user "$1"
  prepare_folders
  require_ca
  folder=$output/$1
  if newest_certificate "$1"; then
    if cmp -s "$newest" "$folder/client-cert.pem"; then
      say "$folder has what $1 needs, until $(good_until "$newest"): nothing to do"
      return
    fi
    die "$1 has a certificate already, until $(good_until "$newest"), and the key is \
only where it was handed to. A new certificate for that key: renew $1. A new key: revoke \
$1, then user $1"
  fi
  [ ! -e "$folder" ] || die "$folder is there already; nothing was changed"
  mkdir -- "$work/folder"
  make_key "$work/folder/client-key.pem"
  openssl pkey -in "$work/folder/client-key.pem" -pubout -out "$work/public.pem"
  sign "$work/public.pem" "$1" clientAuth '' "${days:-$user_days}" \
    "$work/folder/client-cert.pem"
  cp -- "$ca/ca-cert.pem" "$work/folder/ca-cert.pem"
  record_certificate "$work/folder/client-cert.pem" "$1"
  mkdir -- "$folder"
  cp -- "$work/folder"/* "$folder/"
  say "For $1, until $(good_until "$folder/client-cert.pem"): $folder
Hand this folder over on a safe way (the key in it is what lets $1 in), then remove it:
  nbds://SERVER/IMAGE?tls-certificates=/FULL/PATH/OF/$1"
}

psk_command ()
{
  [ $# -eq 1 ] || die "which user? flash-image-server-setup psk USER"
  check_user "$1"
  prepare_folders
  file=$output/$1.psk
  if psk_line "$1" >"$work/line"; then
    if cmp -s "$work/line" "$file"; then
      say "$file has the key of $1: nothing to do"
      return
    fi
    die "$1 has a key already. For a new one: revoke $1, then psk $1"
  fi
  [ ! -e "$file" ] || die "$file is there already; nothing was changed"
  { printf '%s:' "$1"; openssl rand -hex 32; } >"$work/new-line"
  { [ ! -e "$psk" ] || cat -- "$psk"; cat "$work/new-line"; } >"$work/keys.psk"
  cp -- "$work/new-line" "$file"
  put "$work/keys.psk" "$psk"
  say "For $1: $file
Hand this file over on a safe way, then remove it:
  nbds://$1@SERVER/IMAGE?tls-psk-file=/FULL/PATH/OF/$1.psk
The server takes it from now on, without a restart"
}

# psk_line USER: fails if there is none.
psk_line ()
{
  [ -e "$psk" ] && awk -F: -v user="$1" '
    $1 == user { print; found = 1 }
    END { exit !found }' "$psk"
}

revoke_command ()
{
  [ $# -eq 1 ] || die "which user? flash-image-server-setup revoke USER"
  check_user "$1"
  prepare_folders
  known=
  if newest_certificate "$1"; then
    require_ca
    revoke_certificates "$1"
    known=yes
  fi
  if psk_line "$1" >/dev/null; then
    awk -F: -v user="$1" '$1 != user' "$psk" >"$work/keys.psk"
    put "$work/keys.psk" "$psk"
    : >"$ca/revoked/$1.psk"
    say "The key of $1 is gone: the server takes it no more, from now on. What $1 has
open stays open until: systemctl restart flash-image-server"
    known=yes
  fi
  [ -z "$known" ] || return 0
  if [ -e "$ca/revoked/$1" ] || [ -e "$ca/revoked/$1.psk" ]; then
    say "$1 was revoked before: nothing to do"
  else
    die "$1 has neither a certificate nor a key from here"
  fi
}

renew_command ()
{
  [ $# -eq 1 ] || die "what? flash-image-server-setup renew server, or renew USER"
  [ "$1" = server ] || check_user "$1"
  prepare_folders
  require_ca
  if [ "$1" = server ]; then
    [ -e "$tls/server-cert.pem" ] || die "the server has no certificate yet"
    issue_server "$(names_in "$tls/server-cert.pem")"
    put "$work/server-cert.pem" "$tls/server-cert.pem"
    say "The server's certificate: $tls/server-cert.pem, until $(good_until "$tls/server-cert.pem")"
    restart_hint
    return
  fi
  newest_certificate "$1" || die "$1 has no certificate from here"
  file=$output/$1-client-cert.pem
  [ ! -e "$file" ] || die "$file is there already; nothing was changed"
  openssl x509 -in "$newest" -noout -pubkey >"$work/public.pem"
  sign "$work/public.pem" "$1" clientAuth '' "${days:-$user_days}" "$work/client-cert.pem"
  record_certificate "$work/client-cert.pem" "$1"
  cp -- "$work/client-cert.pem" "$file"
  say "For $1, until $(good_until "$file"): $file
It replaces client-cert.pem in the folder that $1 has; there is nothing secret in it"
}

list_command ()
{
  [ $# -eq 0 ] || die "list takes no name"
  prepare_folders
  [ ! -e "$tls/server-cert.pem" ] ||
    say "server  certificate until $(good_until "$tls/server-cert.pem"), $(names_in "$tls/server-cert.pem")"
  for user in "$ca/users"/*; do
    [ -d "$user" ] || continue
    user=${user##*/}
    ! newest_certificate "$user" ||
      say "$user  certificate until $(good_until "$newest")"
  done
  [ ! -e "$psk" ] || sed 's/:.*/  key/' "$psk"
}

# --- what was asked for ----------------------------------------------------------------

while [ $# -gt 0 ]; do
  case $1 in
    --help) usage; exit ;;
    --version) say "flash-image-server-setup @version@"; exit ;;
    --directory|--group|--output|--days)
      { [ $# -ge 2 ] && [ -n "$2" ]; } || die "$1 needs a value"
      case $1 in
        --directory) directory=$2 ;;
        --group) group=$2 ;;
        --output) output=$2 ;;
        --days) days=$2 ;;
      esac
      shift 2
      ;;
    --) shift; break ;;
    -*) die "there is no option $1; try --help" ;;
    *) break ;;
  esac
done
case $days in
  ''|[1-9]|[1-9][0-9]|[1-9][0-9][0-9]|[1-9][0-9][0-9][0-9]) ;;
  *) die "--days $days: a number from 1 to 9999 is needed" ;;
esac
case ${output:=.} in
  -*) output=./$output ;;
esac
[ -d "$output" ] || die "--output $output: there is no such folder"
command -v openssl >/dev/null ||
  die "openssl is needed. On Debian and Ubuntu: apt install openssl"
command -v flock >/dev/null || die "flock is needed (util-linux)"
case $directory in
  /*) ;;
  *) directory=$PWD/$directory ;;
esac
# openssl reads the path from a file of its own syntax.
case $directory in
  *[\"\'\\\#\$]*) die "--directory $directory: quotes, \\, # and \$ cannot be in it" ;;
esac
ca=$directory/ca
tls=$directory/tls
psk=$tls/keys.psk

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  server|user|psk|revoke|renew|list) "${command}_command" "$@" ;;
  '') usage >&2; exit 1 ;;
  *) die "there is no command $command; try --help" ;;
esac
