#!/bin/sh
# SPDX-License-Identifier: MIT
# Starts nbdkit as the image server of a team: flash-image-server(7).
#
#     flash-image-server [--print] CONFIG [NBDKIT-OPTION...]
#
# Reads CONFIG (image-server.conf), refuses what makes no sense in it, and becomes
# nbdkit: the process stays the same, so that the sockets that systemd hands over
# (LISTEN_FDS, LISTEN_PID) are nbdkit's.  --print shows the command instead.  More
# options of nbdkit may follow, as -p 10810, where nobody hands over a socket.

set -eu

plugin=${FLASHIMAGE_PLUGIN:-@plugindir@/nbdkit-flashimage-plugin.so}
config=

# What CONFIG does not say.
images=/srv/images
tls=certificates
certificates=@confdir@/tls
psk_file=@confdir@/tls/keys.psk
verify_users=yes
connections=512
cache=
threads=
tmpdir=
index=${CACHE_DIRECTORY:-}
options=
parameters=

die ()
{
  printf 'flash-image-server: %s\n' "$*" >&2
  exit 1
}

# --- the configuration -------------------------------------------------------

# set_key KEY VALUE PLACE
set_key ()
{
  case " $keys_seen " in
    *" $1 "*) die "$3: $1 is set a second time" ;;
  esac
  keys_seen="$keys_seen $1"
  case $1 in
    IMAGES) images=$2 ;;
    TLS) tls=$2 ;;
    TLS_CERTIFICATES) certificates=$2 ;;
    TLS_PSK) psk_file=$2 ;;
    VERIFY_USERS) verify_users=$2 ;;
    CONNECTIONS) connections=$2 ;;
    CACHE) cache=$2 ;;
    THREADS) threads=$2 ;;
    TMPDIR) tmpdir=$2 ;;
    INDEX) index=$2 ;;
    OPTIONS) options=$2 ;;
    PARAMETERS) parameters=$2 ;;
    *) die "$3: there is no setting called $1" ;;
  esac
}

# unquote TEXT PLACE: what systemd's EnvironmentFile= would make of TEXT, or refuse
# it; the result is in $value.
unquote ()
{
  value=$1
  case $value in
    \"*\") value=${value#\"} value=${value%\"} ;;
    \'*\') value=${value#\'} value=${value%\'} ;;
  esac
  case $value in
    *[\"\'\\]*) die "$2: quotes and backslashes cannot be part of a value" ;;
    *[[:cntrl:]]*) die "$2: control characters cannot be part of a value" ;;
  esac
}

# read_config FILE: lines of KEY=VALUE, comments, empty lines; never run as a script.
read_config ()
{
  keys_seen=
  number=0
  { [ -f "$1" ] && [ -r "$1" ]; } || die "$1: cannot be read as a file"
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    # Spaces at the end are nobody's intention.
    line=${line%"${line##*[![:space:]]}"}
    case $line in
      ''|'#'*) ;;
      [A-Z]*=*)
        unquote "${line#*=}" "$1, line $number"
        set_key "${line%%=*}" "$value" "$1, line $number"
        ;;
      *) die "$1, line $number: this is not KEY=VALUE: $line" ;;
    esac
  done <"$1"
}

# --- what makes no sense -----------------------------------------------------

# require_number NAME VALUE
require_number ()
{
  case $2 in
    ''|*[!0-9]*|??????????*) die "$1=$2: a number is needed" ;;
  esac
}

# require_absolute NAME PATH
require_absolute ()
{
  case $2 in
    /*) ;;
    *) die "$1=$2: a path that begins with / is needed" ;;
  esac
}

# require_file NAME FILE HELP
require_file ()
{
  [ -s "$2" ] || die "$1: $2 is missing or empty. $3"
  [ -r "$2" ] || die "$1: $2 cannot be read by user $(id -un 2>/dev/null || id -u). $3"
}

check_folders ()
{
  require_absolute IMAGES "$images"
  [ -d "$images" ] || die "IMAGES=$images: there is no such folder"
  { [ -r "$images" ] && [ -x "$images" ]; } ||
    die "IMAGES=$images: user $(id -un 2>/dev/null || id -u) cannot read that folder"
  if [ -n "$tmpdir" ]; then
    require_absolute TMPDIR "$tmpdir"
    { [ -d "$tmpdir" ] && [ -w "$tmpdir" ]; } ||
      die "TMPDIR=$tmpdir: not a folder that can be written to (in a systemd \
service it must also be named by ReadWritePaths=)"
  fi
  case $index in
    ''|none) ;;
    *) require_absolute INDEX "$index" ;;
  esac
}

check_numbers ()
{
  require_number CONNECTIONS "$connections"
  [ -z "$threads" ] || require_number THREADS "$threads"
  [ -z "$cache" ] || require_number CACHE "${cache%[KMG]}"
}

check_tls ()
{
  help="Make it with flash-image-server-setup(8)."
  case $tls in
    certificates)
      require_absolute TLS_CERTIFICATES "$certificates"
      for file in ca-cert.pem server-cert.pem server-key.pem; do
        require_file TLS=certificates "$certificates/$file" "$help"
      done
      # nbdkit takes a list of revoked users that it cannot read for none.
      [ ! -e "$certificates/ca-crl.pem" ] ||
        require_file TLS=certificates "$certificates/ca-crl.pem" "$help"
      ;;
    psk)
      require_absolute TLS_PSK "$psk_file"
      require_file TLS=psk "$psk_file" "$help"
      ;;
    off) ;;
    *) die "TLS=$tls: must be certificates, psk or off" ;;
  esac
  case $verify_users in
    yes|no) ;;
    *) die "VERIFY_USERS=$verify_users: must be yes or no" ;;
  esac
}

# What other settings decide is not to be undone in passing.
check_words ()
{
  for word in $options; do
    case $word in
      --tls*) die "OPTIONS: $word: that is what TLS= is for" ;;
      -t*|--threads*) die "OPTIONS: $word: the server needs -t 1 (flash-image-server(7), \
THE SERVICE)" ;;
      --run*|-s|--single|--stdio) die "OPTIONS: $word: that is not a server" ;;
    esac
  done
  for word in $parameters; do
    case $word in
      dir=*|file=*|uri=*|cache=*|threads=*|tmpdir=*|index=*|limit=*)
        die "PARAMETERS: $word: there is a setting of its own for that" ;;
      [a-z]*=*) ;;
      *) die "PARAMETERS: $word: this is not key=value" ;;
    esac
  done
}

# --- the command ---------------------------------------------------------------

tls_options ()
{
  case $tls in
    certificates)
      set -- --tls=require "--tls-certificates=$certificates"
      [ "$verify_users" = no ] || set -- "$@" --tls-verify-peer
      ;;
    psk) set -- --tls=require "--tls-psk=$psk_file" ;;
    off) set -- --tls=off ;;
  esac
  printf '%s\n' "$@"
}

plugin_parameters ()
{
  printf '%s\n' "dir=$images"
  [ -z "$cache" ] || printf '%s\n' "cache=$cache"
  [ -z "$threads" ] || printf '%s\n' "threads=$threads"
  [ -z "$tmpdir" ] || printf '%s\n' "tmpdir=$tmpdir"
  [ -z "$index" ] || printf '%s\n' "index=$index"
  [ "$connections" -eq 0 ] || printf '%s\n' "limit=$connections"
}

# No value has a line break in it.
split_lines ()
{
  IFS='
'
}

split_words ()
{
  IFS=' 	'
}

print=
if [ "${1:-}" = --print ]; then
  print=yes
  shift
fi
case ${1:-} in
  ''|-*) die "usage: flash-image-server [--print] CONFIG [NBDKIT-OPTION...]" ;;
esac
config=$1
shift

set -f                          # no word below is a pattern
split_words
read_config "$config"
check_folders
check_numbers
check_tls
check_words
command -v nbdkit >/dev/null || die "nbdkit is not installed"

limit=
[ "$connections" -eq 0 ] || limit=--filter=limit
tls_words=$(tls_options)
settings=$(plugin_parameters)
split_words
# shellcheck disable=SC2086 # words
set -- $limit $options "$@" "$plugin"
split_lines
# shellcheck disable=SC2086 # lines
set -- nbdkit -f -t 1 $tls_words "$@" $settings
split_words
# shellcheck disable=SC2086 # words
set -- "$@" $parameters

if [ -n "$print" ]; then
  printf '%s\n' "$@"
  exit
fi
# glibc gives back no memory between buffers that others still use, unless they are
# mapped one by one; by itself it ceases to map those as large as a request, and a
# server that thousands of clients came to and left has several times its CACHE=.
export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-131072}"
exec "$@"
