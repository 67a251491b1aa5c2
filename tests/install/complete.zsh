# SPDX-License-Identifier: MIT
# complete.zsh ANSWERS FOLDER LINE...: what zsh would offer after each LINE, with the
# completions of FOLDER, by its own machinery in a shell of its own with a terminal,
# into the file ANSWERS; a line "END" follows on each answer.
emulate -R zsh
zmodload zsh/zpty zsh/zselect

answers=$1 folder=$2
shift 2
: >$answers

# In the inner shell every offer passes compadd: what it would add is written down.
zpty inner zsh -f -i
zpty -w inner "PS1= PS2=; stty -echo; answers=$answers; fpath=($folder \$fpath)
autoload -Uz compinit && compinit -u -d \$answers.dump
zstyle ':completion:*' menu no
compadd () {
  local -a offers asked
  asked=(\"\$@\")
  if (( ! \${asked[(I)-[OAD]]} )); then
    builtin compadd -A offers \"\$@\"
    (( ! \$#offers )) || print -rl -- \$IPREFIX\${^offers} >>\$answers
  fi
  builtin compadd \"\$@\"
}
answer () { _main_complete; compstate[insert]= compstate[list]=; print END >>\$answers }
zle -C answer complete-word answer
bindkey '^I' answer
print READY >>\$answers"

# wait_for WORD N: until it stands N times in the answers; a minute at most.
wait_for ()
{
  local tries=0

  until (( $(grep -cx $1 $answers) >= $2 )); do
    (( (tries += 1) < 600 )) || { cat $answers; print -u2 "zsh does not answer"; exit 1 }
    zpty -r -t inner >/dev/null
    zselect -t 10
  done
}

wait_for READY 1
done=0
for line; do
  # Away with the line before; the answer is asked for by the tabulator.
  zpty -w -n inner $'\C-u'$line$'\t'
  wait_for END $(( done += 1 ))
done
zpty -d inner
