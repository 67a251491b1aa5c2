# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# complete.bash FOLDER LINE: what bash would offer after LINE, by bash-completion and
# the completions of FOLDER; the words of LINE are split as readline splits them.

# shellcheck disable=SC1091
. "$(pkg-config --variable=datadir bash-completion)/bash-completion/bash_completion"
program=${2%% *}
# shellcheck disable=SC1090
. "$1/$program"

# There is no line being edited whose options could be set.
compopt () { :; }

COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
read -ra COMP_WORDS <<<"$(sed -E 's/([:=]+)/ \1 /g' <<<"$COMP_LINE")"
[[ $COMP_LINE != *[\ :=] ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMPREPLY=()
function=$(complete -p "$program" | sed 's/.*-F \([^ ]*\) .*/\1/')
"$function" "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
