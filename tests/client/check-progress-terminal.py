#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-progress-terminal.py PROGRAM: draw-progress on a pseudo terminal that changes
its size in the middle, looked at through a small terminal that breaks long lines anew
as most of them do."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

PATIENCE = 120  # seconds until a thing that must happen counts as missing


class Screen:
    """Lines of text, each of any length, broken at WIDTH; the last ones are seen."""

    def __init__(self, width):
        self.width = width
        self.lines = [[]]       # logical lines: lists of characters
        self.row = 0            # of the cursor: a logical line
        self.column = 0         # in it
        self.too_wide = False

    def rows_up(self, count):
        """Up by rows, which a broken line has several of."""
        for _ in range(count):
            if self.column >= self.width:
                self.column -= self.width
            elif self.row > 0:
                self.row -= 1
                length = len(self.lines[self.row])
                self.column += (max(length - 1, 0) // self.width) * self.width

    def rows_down(self, count):
        for _ in range(count):
            if self.column + self.width <= max(len(self.lines[self.row]) - 1, 0):
                self.column += self.width
            elif self.row + 1 < len(self.lines):
                self.row += 1
                self.column %= self.width

    def put(self, character):
        line = self.lines[self.row]
        if self.column % self.width == self.width - 1:
            self.too_wide = True        # the next one would be on another row
        while len(line) <= self.column:
            line.append(" ")
        line[self.column] = character
        self.column += 1

    def feed(self, text):
        for part in re.findall(r"\x1b\[[0-9;]*[A-Za-z]|[\s\S]", text):
            if part.startswith("\x1b["):
                self.control(part)
            elif part == "\r":
                self.column -= self.column % self.width
            elif part == "\n":
                self.row += 1
                self.column = 0
                if self.row == len(self.lines):
                    self.lines.append([])
            else:
                self.put(part)

    def control(self, sequence):
        kind, number = sequence[-1], sequence[2:-1]
        if kind == "B":
            self.rows_down(int(number or 1))
        elif kind == "A":
            self.rows_up(int(number or 1))
        elif kind == "K":
            del self.lines[self.row][self.column:]
        elif kind == "J":
            del self.lines[self.row][self.column:]
            del self.lines[self.row + 1:]
        elif kind != "m":
            sys.exit("an unknown sequence: %r" % sequence)

    def text(self):
        return ["".join(line).rstrip() for line in self.lines]


class Program:
    def __init__(self, program, width, **environment):
        self.master, self.slave = pty.openpty()
        self.screen = Screen(width)
        self.raw = ""
        self.resize(width, 24)
        self.child = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.slave,
            preexec_fn=self.take_terminal, env=dict(os.environ, **environment))

    def take_terminal(self):
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def resize(self, width, height=24):
        self.screen.width = width
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", height, width, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65536).decode()
            except OSError:
                return
            if not data:
                return
            self.raw += data
            self.screen.feed(data)

    def tell(self, command):
        self.child.stdin.write(command.encode() + b"\n")
        self.child.stdin.flush()
        if self.child.stdout.readline() != b"ok\n":
            sys.exit("draw-progress has died at: " + command)
        self.read()

    def tell_until(self, command, what, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                sys.exit("waited in vain for: %s\n%r" % (what, self.screen.text()))
            self.tell(command)
            time.sleep(0.02)

    def finish(self):
        self.child.stdin.close()
        self.child.wait()
        self.read()


def check(condition, what, *values):
    if not condition:
        sys.exit("%s: %r" % (what, values))


def only_progress_line(lines):
    found = [line for line in lines if "wri" in line]
    check(len(found) == 1, "there is not exactly one progress line", lines)
    return found[0]


def check_resizes(program, environment):
    p = Program(program, 100, **environment)
    p.tell("say first words")
    p.tell("update 1000000 4000000")
    check(p.screen.text()[0] == "first words", "the words", p.screen.text())
    check("25 %" in only_progress_line(p.screen.text()), "percent", p.screen.text())
    for width in (80, 40, 20, 61, 33, 132, 20, 200):
        p.resize(width)
        # Until the signal has come, drawn again or not: then it fits.
        before = len(p.raw)
        p.tell_until("tick", "a line of %d columns" % width,
                     lambda: len(p.raw) > before)
        lines = p.screen.text()
        check(lines[0] == "first words", "the words are gone at", width, lines)
        line = only_progress_line(lines)
        check(len(line) < width, "too wide", width, line)
        check("25 %" in line, "no percent", width, line)
        check(not p.screen.too_wide, "the last column is used", width)
        check(len([text for text in lines if text]) == 2, "remains", width, lines)
    p.tell("say second words")
    check("second words" in p.screen.text(), "words", p.screen.text())
    p.tell_until("update 4000000 4000000", "the end",
                 lambda: any("100 %" in line for line in p.screen.text()))
    p.tell("end")
    p.finish()
    lines = [text for text in p.screen.text() if text]
    check(lines[:2] == ["first words", "second words"] and len(lines) == 3,
          "what stays", lines)
    return p.raw


def check_flood(program):
    """As many updates as you like: five redraws a second."""
    p = Program(program, 80)
    begun = time.monotonic()
    for i in range(3000):
        p.tell("update %d 3000" % i)
    passed = time.monotonic() - begun
    redraws = p.raw.count("\r")
    check(redraws <= 5 * passed + 2, "too many redraws", redraws, passed)
    p.finish()


def check_stopped(program):
    """A terminal that is stopped holds nothing up."""
    p = Program(program, 80)
    p.tell("update 1 10")
    termios.tcflow(p.slave, termios.TCOOFF)
    for i in range(50):
        p.tell("update %d 10" % (i % 10))
        time.sleep(0.01)
    termios.tcflow(p.slave, termios.TCOON)
    p.tell_until("update 10 10", "the end after the stop",
                 lambda: any("100 %" in line for line in p.screen.text()))
    p.finish()


def main():
    program = sys.argv[1]
    signal.alarm(4 * PATIENCE)  # a program that hangs is a failure, too
    raw = check_resizes(program, {"LC_ALL": "C", "TERM": "xterm", "NO_COLOR": "1"})
    check(raw.isascii() and "\x1b[32m" not in raw, "colours, or no ASCII", raw)
    raw = check_resizes(program, {"LC_ALL": "C.UTF-8", "TERM": "xterm", "NO_COLOR": ""})
    check("\u2588" in raw and "\x1b[32m" in raw, "neither colours nor UTF-8", raw)

    p = Program(program, 80, TERM="dumb")
    p.tell("update 1000000 4000000")
    p.tell("end")
    p.finish()
    check("\x1b" not in p.raw and "writing  1.0 MB of 4.0 MB  25 %" in p.raw,
          "a dumb terminal", p.raw)
    check_flood(program)
    check_stopped(program)


main()
