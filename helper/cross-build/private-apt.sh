# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# apt with lists and a configuration of its own: to look at source packages, and
# at packages of other architectures, without a change to the system's apt.  The
# sources are the system's own, signatures are checked as ever.  To be sourced;
# root is not needed.
#
# private_apt_open FOLDER TYPES ARCHITECTURE...: make it below FOLDER, for entries
# of TYPES ("deb" or "deb-src"), and fetch the lists.  0, or 1: there is no apt,
# or no list can be had.
# private_apt ARGUMENTS...: apt-get with it.
# private_apt_fetch source|download PACKAGE: into the current folder, what apt-get makes
# of that word.  1: no version of it can be had.
# private_apt_close: remove it; tell where a version before the newest was fetched.

# The system's entries, as entries of the type $1.
write_private_sources ()
{
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] || continue
    sed "s/^Types:.*/Types: $1/" "$file" >"$private_apt/parts/${file##*/}"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] || continue
    sed -n "s/^[[:blank:]]*deb[[:blank:]]/$1 /p" "$file" \
      >"$private_apt/parts/${file##*/}.list"
  done
}

write_private_configuration ()
{
  printf 'Dir::Etc::SourceList "/dev/null";\n'
  printf 'Dir::Etc::SourceParts "%s/parts";\n' "$private_apt"
  printf 'Dir::State::Lists "%s/lists";\n' "$private_apt"
  printf 'Dir::State::Status "%s/status";\n' "$private_apt"
  printf 'Dir::Cache "%s/cache";\n' "$private_apt"
  printf 'Acquire::Languages "none";\nAcquire::Retries "3";\n'
  printf 'APT::Architecture "%s";\n' "$1"
  printf '#clear APT::Architectures;\nAPT::Architectures {'
  printf ' "%s";' "$@"
  printf ' };\n'
  # Who owns a folder of one's own decides who may write there.
  printf 'APT::Sandbox::User "%s";\n' "$(id -un)"
}

private_apt ()
{
  APT_CONFIG=$private_apt/apt.conf apt-get -q -q "$@"
}

# The newest version of a package, or an older one that the lists tell of: for some hours
# a mirror's lists may be ahead of its files.
private_apt_fetch ()
{
  case $1 in
    source) set -- "$2" source --only-source; show=showsrc ;;
    *) set -- "$2" "$1"; show=show ;;
  esac
  name=$1
  shift
  ! private_apt "$@" "$name" || return 0
  for version in $(APT_CONFIG=$private_apt/apt.conf apt-cache $show "$name" |
                     sed -n 's/^Version: //p' | sort -rVu | sed 1d); do
    rm -rf ./"${name%:*}"[-_]*
    if private_apt "$@" "$name=$version"; then
      private_apt_older="$private_apt_older $name=$version"
      return 0
    fi
  done
  return 1
}

private_apt_open ()
{
  command -v apt-get >/dev/null 2>&1 || return 1
  private_apt=$1/apt
  private_apt_older=
  types=$2
  shift 2
  mkdir -p "$private_apt/parts" "$private_apt/lists/partial" \
    "$private_apt/cache/archives/partial" || return 1
  : >"$private_apt/status"
  write_private_sources "$types"
  write_private_configuration "$@" >"$private_apt/apt.conf"
  # One list of several that is not to be had is no reason to stop.
  private_apt update >"$private_apt/update.log" 2>&1 ||
    echo "Some package lists could not be had: see $private_apt/update.log" >&2
  [ -n "$(find "$private_apt/lists" -name '*_Packages*' -o -name '*_Sources*')" ]
}

private_apt_close ()
{
  [ -z "$private_apt_older" ] ||
    echo "The newest version cannot be fetched now; taken instead:$private_apt_older"
  rm -rf "$private_apt"
}
