#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""coverage-report.py SOURCES FOLDER: which lines of the programs the tests reached.

Reads what gcc's counters left below the current folder, says the figures of each
folder of SOURCES, and writes a page for each source file and an index into FOLDER."""

import html
import json
import os
import subprocess
import sys

FOLDERS = ("common", "nbdkit-plugin", "client", "helper")
STYLE = """<style>
body { font-family: sans-serif } td { padding: 0 1em } .n { text-align: right }
pre { line-height: 1.3 } .hit { background: #dfd } .miss { background: #fcc }
</style>"""


def counted_objects():
    """The notes of all objects, also of those that nothing ran."""
    for folder, _, names in os.walk("."):
        for name in names:
            if name.endswith(".gcno"):
                yield os.path.abspath(os.path.join(folder, name))


def read_counts(sources):
    """{source file below SOURCES: {line: how often it ran}}, of all objects that were
    made of it: a unit test may have compiled it once more."""
    notes = sorted(counted_objects())
    counts = {}
    for begin in range(0, len(notes), 50):
        said = subprocess.run(
            ["gcov", "--json-format", "--stdout", *notes[begin:begin + 50]],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for document in map(json.loads, said.splitlines()):
            where = document["current_working_directory"]
            for file in document["files"]:
                path = os.path.realpath(os.path.join(where, file["file"]))
                name = os.path.relpath(path, sources)
                if name.split("/")[0] in FOLDERS:
                    lines = counts.setdefault(name, {})
                    for line in file["lines"]:
                        number = line["line_number"]
                        lines[number] = lines.get(number, 0) + line["count"]
    return counts


def figures(files):
    lines = sum(len(lines) for lines in files)
    hit = sum(1 for lines in files for count in lines.values() if count)
    return lines, hit, 100 * hit / lines if lines else 0


def page_name(name):
    return name.replace("/", "-") + ".html"


def write_source_page(folder, sources, name, lines):
    with open(os.path.join(sources, name), encoding="utf-8") as f:
        text = f.read().splitlines()
    with open(os.path.join(folder, page_name(name)), "w", encoding="utf-8") as page:
        page.write(f"<!DOCTYPE html><meta charset=utf-8><title>{name}</title>{STYLE}"
                   f"<h1>{name}</h1><pre>\n")
        for number, line in enumerate(text, 1):
            count = lines.get(number)
            kind = "" if count is None else "hit" if count else "miss"
            shown = "" if count is None else count
            page.write(f"<span class='{kind}'>{shown:>10} {number:>5}  "
                       f"{html.escape(line)}</span>\n")
        page.write("</pre>\n")


def write_index(folder, counts):
    with open(os.path.join(folder, "index.html"), "w", encoding="utf-8") as page:
        page.write("<!DOCTYPE html><meta charset=utf-8><title>Line coverage</title>"
                   f"{STYLE}<h1>Line coverage</h1><table>\n"
                   "<tr><th>File<th>Lines<th>Reached<th>%\n")
        for name in sorted(counts):
            lines, hit, percent = figures([counts[name]])
            page.write(f"<tr><td><a href='{page_name(name)}'>{name}</a>"
                       f"<td class=n>{lines}<td class=n>{hit}"
                       f"<td class=n>{percent:.1f}\n")
        page.write("</table>\n")


def main():
    sources, folder = os.path.realpath(sys.argv[1]), sys.argv[2]
    counts = read_counts(sources)
    if not counts:
        sys.exit("coverage-report.py: nothing was counted here")
    os.makedirs(folder, exist_ok=True)
    for name in counts:
        write_source_page(folder, sources, name, counts[name])
    write_index(folder, counts)

    print(f"\n{'Line coverage':16}{'lines':>8}{'reached':>9}{'%':>8}")
    for part in FOLDERS:
        of_it = [counts[name] for name in counts if name.startswith(part + "/")]
        if of_it:
            print("{:16}{:>8}{:>9}{:>8.1f}".format(part, *figures(of_it)))
    print("{:16}{:>8}{:>9}{:>8.1f}".format("total", *figures(counts.values())))
    print(f"\nEach line: {os.path.abspath(folder)}/index.html")


main()
