# SPDX-License-Identifier: MIT
# Tell what error-catalogue.def lists, as -v format=:
#   codes     a code a line
#   names     the names in C
#   pod       the items of flash-live-remote-errors(7)
#   markdown  the sections of docs/troubleshooting.md
# With pod and markdown, a page is read behind the catalogue and printed; what stands
# between its lines "catalogue: begin" and "catalogue: end" is made anew.  Whatever is
# wrong with the catalogue is an error.

function refuse(what)
{
  print "error-catalogue: " what | "cat >&2"
  bad = 1
}

BEGIN {
  state["UNTOUCHED"] = "nothing was written to it by this command"
  state["RESUMABLE"] = "partly written; the same command goes on"
  state["PARTLY"] = "partly written"
  state["WRITTEN"] = "it holds the whole image"
  state["UNKNOWN"] = "not known"
  state["AS_SAID"] = "untouched before the first write, else to be gone on with; the\
 message says which"
  state["NONE"] = "no board is concerned"
}

# One sentence: it ends where it ends, and has no quote that a page would show.
function check_sentence(code, what, text)
{
  if (text !~ /^[A-Za-z-].*[^ .]\.$/ || text ~ /[.?!] +[A-Z]/ || text ~ /[\\<>|`]/)
    refuse(code ": the " what " is not one plain sentence: " text)
}

# The pieces between quotes, of which neighbours without a comma are one string.
function take_entry(text,    pieces, n, i, field, value)
{
  n = split(text, pieces, "\"")
  field = 0
  for (i = 2; i < n; i += 2) {
    if (i == 2 || pieces[i - 1] ~ /,/)
      field++
    value[field] = value[field] pieces[i]
  }
  nr++
  name[nr] = pieces[1]
  sub(/^ERROR_ENTRY \(/, "", name[nr])
  sub(/, *$/, "", name[nr])
  code[nr] = value[1]
  written[nr] = pieces[3]
  gsub(/[ ,]/, "", written[nr])
  cause[nr] = value[2]
  remedy[nr] = value[3]
  section[nr] = group
  check_entry(field)
}

function check_entry(fields,    expected)
{
  expected = tolower(name[nr])
  gsub(/_/, "-", expected)
  if (fields != 3)
    refuse(code[nr] ": " fields " strings")
  if (code[nr] != expected || code[nr] !~ /^[a-z]+(-[a-z]+)*$/)
    refuse(code[nr] ": not the code of " name[nr])
  if (code[nr] in seen)
    refuse(code[nr] ": there twice")
  if (!(written[nr] in state))
    refuse(code[nr] ": no such state: " written[nr])
  if (group == "")
    refuse(code[nr] ": before the first group")
  seen[code[nr]] = 1
  check_sentence(code[nr], "cause", cause[nr])
  check_sentence(code[nr], "remedy", remedy[nr])
}

function print_pod(    i)
{
  print ""
  for (i = 1; i <= nr; i++) {
    if (section[i] != section[i - 1])
      printf "%s=head2 %s\n\n=over 4\n\n", (i > 1 ? "=back\n\n" : ""), section[i]
    printf "=item B<%s>\n\n%s\n\nI<What to do:> %s\n\nI<The board's disk:> %s.\n\n",
      code[i], cause[i], remedy[i], state[written[i]]
  }
  print "=back\n"
}

function print_markdown(    i)
{
  for (i = 1; i <= nr; i++) {
    if (section[i] != section[i - 1])
      printf "\n### %s\n", section[i]
    printf "\n#### `%s`\n\n%s\n\n- **What to do:** %s\n- **The board's disk:** %s.\n",
      code[i], cause[i], remedy[i], state[written[i]]
  }
  print ""
}

# -- The catalogue -------------------------------------------------------------

FNR == 1 { file++ }

file == 1 && /^ERROR_GROUP/ {
  split($0, parts, "\"")
  group = parts[2]
  next
}
file == 1 && /^ERROR_ENTRY/ { entry = ""; inside = 1 }
file == 1 && inside {
  entry = entry $0
  if (/"\)$/) {
    take_entry(entry)
    inside = 0
  }
}
file == 1 { next }

# -- The page ------------------------------------------------------------------

/catalogue: end/ { skip = 0 }
!skip { print }
/catalogue: begin/ {
  skip = 1
  if (format == "pod")
    print_pod()
  else
    print_markdown()
}

END {
  if (inside)
    refuse("an entry has no end")
  if (nr == 0)
    refuse("there are no entries")
  if (bad)
    exit 1
  for (i = 1; i <= nr; i++)
    if (format == "codes")
      print code[i]
    else if (format == "names")
      print name[i]
}
