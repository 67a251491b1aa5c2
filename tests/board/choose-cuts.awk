# SPDX-License-Identifier: MIT
# awk -v seed=N -v mode=ramfs|stream -v cuts=N [-v kinds="KIND..."] -f choose-cuts.awk
#
# Chooses what is cut when in one flash; everything follows from the seed.  Prints
# one line a cut, in their order:
#
#     PHASE PERCENT DELAY KIND SECONDS
#
# The cut comes DELAY seconds after the progress line of PHASE (the word that
# begins it) has reached PERCENT; SECONDS is how long a link is down.  Consecutive
# seeds deal out the kinds in turn.

function random(from, to) { return from + int(rand() * (to - from + 1)) }

function swap(i, j,    k) { k = deck[i]; deck[i] = deck[j]; deck[j] = k }

# Processes of the write can only be killed while it runs.
function needs_write(kind) {
  return kind == "dd-killed" || (kind == "helper-killed" && mode == "stream")
}

# From the write on a board in ramfs mode finishes by itself, and so does every
# board from the read-back on: there is time for one cut only, the last.
function place(i,    last, which) {
  last = i == cuts
  which = rand()
  if (mode == "ramfs" && !last) at("copying", 3, 92)
  else if (mode == "ramfs" && (needs_write(deck[i]) || which < 0.6)) at("writing", 1, 45)
  else if (needs_write(deck[i])) at("writing", 1, 85)
  else if (last && which < 0.3) at("verifying", 1, 25)
  else if (mode == "ramfs") at("writing", 1, 45)
  else if (i == 1 && which > 0.7) at("rehearsing", 0, 0)
  else at("writing", 1, 85)
}

function at(name, from, to) { phase = name; percent = random(from, to) }

BEGIN {
  srand(seed)
  number = split("client-sigkill client-machine-gone link-down address-changed " \
                 "nbdkit-killed sshd-killed helper-killed dd-killed", all, " ")
  for (i = 1; i <= cuts; i++) deck[i] = all[(seed * cuts + i - 1) % number + 1]
  if (kinds != "") cuts = split(kinds, deck, " ")
  for (i = cuts; i > 1; i--) swap(i, random(1, i))
  # In ramfs mode only the last cut falls into the write.
  if (mode == "ramfs")
    for (i = 1; i < cuts; i++) if (deck[i] == "dd-killed") swap(i, cuts)
  split("rehearsing copying writing verifying", order, " ")
  for (i = 1; i <= 4; i++) rank[order[i]] = i
  for (i = 1; i <= cuts; i++) {
    place(i)
    line[i] = phase " " percent; key[i] = rank[phase] * 1000 + percent; kind[i] = deck[i]
  }
  # In the order in which they come.
  for (i = 2; i <= cuts; i++)
    for (j = i; j > 1 && key[j - 1] > key[j]; j--) {
      k = key[j]; key[j] = key[j - 1]; key[j - 1] = k
      k = line[j]; line[j] = line[j - 1]; line[j - 1] = k
      k = kind[j]; kind[j] = kind[j - 1]; kind[j - 1] = k
    }
  for (i = 1; i <= cuts; i++) print line[i], random(0, 3), kind[i], random(5, 40)
}
