# SPDX-License-Identifier: MIT
# awk -v style=text|markdown -v isal=yes|no -v limit=MB -v machine=FILE
#     -f bench-report.awk expected.txt results.tsv
#
# Medians, ratios of pairs (the same run, one after the other), and what was
# expected beside what was measured.  Of each run the results have lines
# FORMAT ROW SERVER RUN FIGURE VALUE.

BEGIN {
  decimals["cpu_s_gb"] = 2
  nr_figures = split ("cpu_s client_cpu_s wall_s p50_ms p99_ms " \
                      "rss_mb spool_mb index_mb", figures, " ")
  split ("CPU s,client CPU s,wall s,ms (p50),p99 ms," \
         "peak RSS MB,spooled MB,index MB", heads, ",")
  decimals["cpu_s"] = decimals["client_cpu_s"] = decimals["wall_s"] = 2
  decimals["index_mb"] = 1
  decimals["p50_ms"] = decimals["p99_ms"] = 2
}

# --- reading ---------------------------------------------------------------

FILENAME == ARGV[1] && (/^#/ || NF == 0) { next }
FILENAME == ARGV[1] {
  if ($1 == "isal" || $1 == "zlib") {
    if (($1 == "isal") != (isal == "yes"))
      next
    sub (/^[a-z]+ /, "")
  }
  expected[++nr_expected] = $0
  next
}
{
  if (!($1 in format_seen)) {
    format_seen[$1] = 1
    formats[++nr_formats] = $1
  }
  if (!(($1, $2, $3) in line_seen)) {
    line_seen[$1, $2, $3] = 1
    n = ++nr_lines[$1]
    row_of[$1, n] = $2
    server_of[$1, n] = $3
  }
  value[$1, $2, $3, $4, $5] = $6
  if ($4 > runs)
    runs = $4
}

# --- figures ---------------------------------------------------------------

# The median of list[1..n], which is sorted by it.
function median(list, n,    i, j, t) {
  for (i = 2; i <= n; i++)
    for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
      t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
    }
  return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# The median over the runs, or "" when no run has the figure.
function figure(format, row, server, name,    list, n, run) {
  for (run = 1; run <= runs; run++)
    if ((format, row, server, run, name) in value)
      list[++n] = value[format, row, server, run, name] + 0
  return n ? median(list, n) : ""
}

# The largest of all rows.
function largest(format, server, name,    i, most, v) {
  most = ""
  for (i = 1; i <= nr_lines[format]; i++)
    if (server_of[format, i] == server) {
      v = figure(format, row_of[format, i], server, name)
      if (v != "" && (most == "" || v > most))
        most = v
    }
  return most
}

# The median of the runs' ratios A / B, or "".
function ratio(format, row, server, row2, server2, name,    list, n, run, b) {
  for (run = 1; run <= runs; run++)
    if ((format, row, server, run, name) in value &&
        (format, row2, server2, run, name) in value) {
      b = value[format, row2, server2, run, name] + 0
      if (b > 0)
        list[++n] = value[format, row, server, run, name] / b
    }
  return n ? median(list, n) : ""
}

function number(v, name) {
  return v == "" ? "" : sprintf("%.*f", name in decimals ? decimals[name] : 0, v)
}

function times(v) {
  return v == "" ? "" : sprintf("%.2f", v)
}

# --- the tables ------------------------------------------------------------

# A line of cells; text gets fixed widths.
function print_cells(cells, n,    i, line) {
  line = style == "markdown" ? "|" : ""
  for (i = 1; i <= n; i++)
    if (style == "markdown")
      line = line " " (cells[i] == "" ? "–" : cells[i]) " |"
    else
      line = line sprintf(i <= 2 ? "%-18s" : "%13s", cells[i] == "" ? "-" : cells[i])
  print line
}

function print_head(    cells, i, rule) {
  cells[1] = "row"
  cells[2] = "server"
  for (i = 1; i <= nr_figures; i++)
    cells[i + 2] = heads[i]
  cells[nr_figures + 3] = "CPU / ours"
  cells[nr_figures + 4] = "time / ours"
  print_cells(cells, nr_figures + 4)
  if (style == "markdown") {
    rule = "|---|---|"
    for (i = 1; i <= nr_figures + 2; i++)
      rule = rule "--:|"
    print rule
  }
}

function print_row(format, row, server,    cells, i, time) {
  cells[1] = row
  cells[2] = server
  for (i = 1; i <= nr_figures; i++)
    cells[i + 2] = number(figure(format, row, server, figures[i]), figures[i])
  if (figure(format, row, server, "failed") != "")
    cells[2] = server " (FAILED)"
  if (server != "flashimage") {
    time = figure(format, row, server, "wall_s") == "" ? "p50_ms" : "wall_s"
    cells[nr_figures + 3] = times(ratio(format, row, server, row, "flashimage", "cpu_s"))
    cells[nr_figures + 4] = times(ratio(format, row, server, row, "flashimage", time))
  }
  print_cells(cells, nr_figures + 4)
}

function is_clients_row(format, i) {
  return row_of[format, i] ~ /^clients-/
}

# Whether FORMAT has rows of many clients, or others.
function has_rows(format, of_clients,    i) {
  for (i = 1; i <= nr_lines[format]; i++)
    if (is_clients_row(format, i) == of_clients)
      return 1
  return 0
}

# Many clients: a line beside that of one client of the same server.
function print_clients_row(format, row, server,    cells) {
  cells[1] = row
  cells[2] = server
  if (figure(format, row, server, "failed") != "")
    cells[2] = server " (FAILED)"
  cells[3] = number(figure(format, row, server, "mb_s"), "mb_s")
  cells[4] = times(ratio(format, row, server, "clients-1", server, "mb_s"))
  cells[5] = number(figure(format, row, server, "cpu_s_gb"), "cpu_s_gb")
  cells[6] = number(figure(format, row, server, "decoded"), "decoded")
  cells[7] = times(ratio(format, row, server, "clients-1", server, "decoded"))
  cells[8] = number(figure(format, row, server, "rss_mb"), "rss_mb")
  print_cells(cells, 8)
}

function print_clients(format,    cells, i) {
  split ("row,server,MB/s together,x one client,CPU s/GB,Blocks decoded," \
         "x one client,peak RSS MB", cells, ",")
  print ""
  print_cells(cells, 8)
  if (style == "markdown")
    print "|---|---|--:|--:|--:|--:|--:|--:|"
  for (i = 1; i <= nr_lines[format]; i++)
    if (is_clients_row(format, i))
      print_clients_row(format, row_of[format, i], server_of[format, i])
}

function print_format(format,    i) {
  print style == "markdown" ? "\n### " format (has_rows(format, 0) ? "\n" : "") : "\n" format
  if (has_rows(format, 0)) {
    print_head()
    for (i = 1; i <= nr_lines[format]; i++)
      if (!is_clients_row(format, i))
        print_row(format, row_of[format, i], server_of[format, i])
  }
  if (has_rows(format, 1))
    print_clients(format)
}

# --- what was expected -----------------------------------------------------

# say_expected FORMAT, and the words of a line of expected.txt
function say_expected(format, server, row, name, relation, n, peer, peers_row,
                      what, mine, theirs, r, cells) {
  mine = row == "*" ? largest(format, server, name) : figure(format, row, server, name)
  if (mine == "")
    return
  what = (row == "*" ? "every row" : row) ", " name
  if (n == "limit")
    n = limit
  if (peer == "") {
    met = mine <= n + 0
    cells[3] = number(mine, name)
    cells[4] = "at most " n
  } else {
    theirs = figure(format, peers_row, peer, name)
    r = relation == "better-by" ? ratio(format, peers_row, peer, row, server, name) \
                                : ratio(format, row, server, peers_row, peer, name)
    if (r == "")
      return
    met = relation == "better-by" ? r >= n + 0 : r <= n + 0
    cells[3] = number(mine, name) ", " (peer == server ? peers_row : peer) " " \
               number(theirs, name)
    cells[4] = relation == "better-by" ? sprintf("%.2f x better, at least %s", r, n) \
                                       : sprintf("%.2f x, at most %s", r, n)
  }
  cells[1] = format
  cells[2] = server ": " what
  cells[5] = met ? "met" : "NOT met"
  if (style == "markdown")
    print_cells(cells, 5)
  else
    printf "%-12s%-46s%-34s%-32s%s\n", cells[1], cells[2], cells[3], cells[4], cells[5]
}

function print_expected(    i, f, w) {
  print style == "markdown" ? "\n### Expected\n" : "\nexpected"
  if (style == "markdown")
    print "| format | figure | measured | expected | |\n|---|---|---|---|---|"
  for (i = 1; i <= nr_expected; i++) {
    for (f in w)
      delete w[f]
    split(expected[i], w, / +/)
    for (f = 1; f <= nr_formats; f++)
      if (w[1] == "*" || w[1] == formats[f])
        say_expected(formats[f], w[2], w[3], w[4], w[5], w[6], w[7], w[8])
  }
}

END {
  while ((getline line < machine) > 0)
    print line (style == "markdown" ? "  " : "")
  for (i = 1; i <= nr_formats; i++)
    print_format(formats[i])
  print_expected()
}
