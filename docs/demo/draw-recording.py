#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""draw-recording.py [OPTIONS] TYPESCRIPT TIMING >DRAWING.svg

Draws what a terminal showed as an animation that browsers play without scripts.  The
two files are those of script(1).  Waits are shortened; the clock in the corner tells
the time that it really took.  What does not animate, and whoever does not want to see
anything move, has the last moment.
"""

import argparse
import bisect
import pathlib
import sys
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from terminal_recording import PLAIN, Screen, read_chunks  # noqa: E402

CELL, LINE, MARGIN, BAR = 8.43, 18, 14, 30
COLORS = ("#7f849c", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#f5c2e7", "#94e2d5",
          "#cdd6f4")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=28)
    parser.add_argument("--command", default="", help="what was typed, for the first line")
    parser.add_argument("--from", dest="begin", default="",
                        help="leave out what comes before the line that begins with this")
    parser.add_argument("--longest-wait", type=float, default=0.6, metavar="SECONDS")
    parser.add_argument("--step", type=float, default=0.3, metavar="SECONDS",
                        help="changes that are nearer to each other are shown at once")
    parser.add_argument("--last", type=float, default=6, metavar="SECONDS",
                        help="how long the end is shown")
    parser.add_argument("--at", type=float, metavar="SECONDS",
                        help="only the moment when so much time had passed")
    parser.add_argument("typescript")
    parser.add_argument("timing")
    return parser.parse_args()


def shown_chunks(options):
    """(seconds in the animation, real seconds, text), from the line --from on."""
    begun = not options.begin
    seen, first, before, shown = "", 0.0, 0.0, 0.0
    for now, text in read_chunks(options.typescript, options.timing):
        if not begun:
            seen += text
            at = ("\n" + seen).find("\n" + options.begin)
            if at == -1:
                continue
            begun, text, first, before = True, seen[at:], now, now
        shown += min(now - before, options.longest_wait)
        before = now
        yield shown, now - first, text
    if not begun:
        sys.exit(f"draw-recording.py: no line begins with {options.begin!r}")


class Film:
    """The versions of each line, and where the window stood: [(seconds, what), ...]."""

    def __init__(self, options):
        self.screen = Screen(options.columns, options.rows)
        self.lines, self.tops, self.clocks = [], [(0, 0)], []
        self.step, self.end = options.step, 0.0
        if options.command:
            self.screen.feed(f"\x1b[1m$ {options.command}\x1b[m\r\n")
        self._take(0.0, 0.0)
        real, due = 0.0, self.step
        for shown, now, text in shown_chunks(options):
            if options.at is not None and now > options.at:
                break
            if shown >= due:
                self._take(due, real)
                due = shown - shown % self.step + self.step
            self.screen.feed(text)
            real = now
        self._take(due, real)
        self.end = due + options.last

    def _take(self, shown, real):
        shown = round(shown, 2)
        for row, line in enumerate(self.screen.lines):
            if row == len(self.lines):
                self.lines.append([])
            if not self.lines[row] or self.lines[row][-1][1] != line:
                self.lines[row].append((shown, list(line)))
        if self.tops[-1][1] != self.screen.top:
            self.tops.append((shown, self.screen.top))
        clock = f"{int(real) // 60}:{int(real) % 60:02}"
        if not self.clocks or self.clocks[-1][1] != clock:
            self.clocks.append((shown, clock))

    def leaves(self, row):
        """When ROW has left the window at its upper edge."""
        at = bisect.bisect_right([top for _, top in self.tops], row)
        return self.tops[at][0] if at < len(self.tops) else self.end


class Drawing:
    def __init__(self, film, options):
        self.film, self.options = film, options
        self.frames, self.rules = {}, []

    def percent(self, seconds):
        return f"{100 * seconds / self.film.end:.2f}".rstrip("0").rstrip(".") + "%"

    def appears(self, begin, end):
        """The attribute for what is only seen from BEGIN to END."""
        if self.options.at is not None:
            return "" if end >= self.film.end else ' class="h"'
        key = (begin, end)
        if key not in self.frames:
            name = self.frames[key] = f"v{len(self.frames)}"
            first = "" if begin == 0 else "0%{visibility:hidden}"
            last = "" if end >= self.film.end else f"{self.percent(end)}{{visibility:hidden}}"
            self.rules.append(f"@keyframes {name}{{{first}{self.percent(begin)}"
                              f"{{visibility:visible}}{last}}}")
        hidden = "h " if end < self.film.end else ""
        return f' class="{hidden}a" style="animation-name:{self.frames[key]}"'

    def line(self, row):
        versions = self.film.lines[row]
        ends = [begin for begin, _ in versions[1:]] + [self.film.end]
        leaves = self.film.leaves(row)
        for (begin, cells), end in zip(versions, ends):
            runs = "".join(self.runs(cells))
            if runs and begin < leaves and (self.options.at is None or end >= self.film.end):
                # One that scrolls out need not be hidden: the window does that.
                attribute = self.appears(begin, self.film.end if end >= leaves else end)
                yield f'<text y="{(row + 1) * LINE - 5}"{attribute}>{runs}</text>'

    @staticmethod
    def runs(cells):
        at = 0
        while at < len(cells):
            end = at
            while end < len(cells) and cells[end][1] == cells[at][1]:
                end += 1
            text = "".join(char for char, _ in cells[at:end])
            start = at + len(text) - len(text.lstrip())
            text = text.strip()
            if text:
                style = "" if cells[at][1] == PLAIN else f' class="{cells[at][1]}"'
                yield (f'<tspan x="{start * CELL:.6g}" textLength="{len(text) * CELL:.6g}"{style}>'
                       f"{escape(text)}</tspan>")
            at = end

    def scrolling(self):
        last = self.film.tops[-1][1]
        if self.options.at is None and last:
            steps = "".join(f"{self.percent(at)}{{transform:translateY({-top * LINE}px)}}"
                            for at, top in self.film.tops)
            self.rules.append(f"@keyframes scroll{{{steps}}}")
        return (f'<g class="a" style="transform:translateY({-last * LINE}px);'
                f'animation-name:scroll">')

    def clock(self, right):
        clocks = self.film.clocks
        ends = [begin for begin, _ in clocks[1:]] + [self.film.end]
        for (begin, text), end in zip(clocks, ends):
            if self.options.at is None or end >= self.film.end:
                yield f'<text x="{right}" y="20"{self.appears(begin, end)}>{text}</text>'

    def svg(self):
        width = round(self.options.columns * CELL + 2 * MARGIN)
        inside = self.options.rows * LINE
        height = BAR + inside + MARGIN
        body = [self.scrolling()]
        for row in range(len(self.film.lines)):
            body.extend(self.line(row))
        clock = list(self.clock(width - MARGIN))
        style = [f"text{{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
                 "fill:#cdd6f4;white-space:pre}", ".bold{font-weight:bold}.dim{opacity:.6}",
                 "".join(f".c{i}{{fill:{color}}}" for i, color in enumerate(COLORS)),
                 ".h{visibility:hidden}", ".clock text{text-anchor:end;fill:#7f849c}",
                 f".a{{animation:{self.film.end:g}s step-end infinite}}",
                 "@media (prefers-reduced-motion:reduce){.a{animation:none}}"]
        yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
               f' width="{width}" height="{height}" xml:space="preserve">')
        yield f"<title>{escape(self.options.command)}</title>"
        yield f"<style>{''.join(style + self.rules)}</style>"
        yield f'<rect width="{width}" height="{height}" rx="8" fill="#1e1e2e"/>'
        for x, color in ((18, "#f38ba8"), (36, "#f9e2af"), (54, "#a6e3a1")):
            yield f'<circle cx="{x}" cy="15" r="5" fill="{color}"/>'
        yield f'<g class="clock">{"".join(clock)}</g>'
        yield (f'<svg x="{MARGIN}" y="{BAR}" width="{width - 2 * MARGIN}" height="{inside}"'
               ' overflow="hidden">')
        yield from body
        yield "</g></svg></svg>"


def main():
    options = arguments()
    print("\n".join(Drawing(Film(options), options).svg()))


main()
