# SPDX-License-Identifier: MIT
"""What a terminal showed, and when: the two files of script(1), played on a screen.

The screen knows what flash-live-remote and this package's scripts send: lines,
carriage returns, colours, and the sequences that move the cursor up and down and wipe
lines.  Any other sequence is skipped.
"""

import codecs
import re

# CSI, OSC up to its end, and the short sequences that choose character sets or modes.
SEQUENCE = re.compile(
    r"\x1b(?:\[([0-9;?]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()#][0-9A-Za-z]|[=>78MDE])")
PLAIN = ""


class Screen:
    """Lines that are never lost: ROWS of them are seen, from `top` on."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines = [[]]
        self.top = 0
        self.row = self.column = 0
        self.style = PLAIN
        self.rest = ""

    def feed(self, text):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                match = SEQUENCE.match(text, at)
                if match:
                    at = match.end()
                    if match.group(2):
                        self._obey(match.group(1), match.group(2))
                elif len(text) - at < 64:
                    self.rest = text[at:]
                    return
                else:
                    at += 1
            else:
                self._put(text[at])
                at += 1

    def _put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self._go_down()
        elif char == "\b":
            self.column = max(0, self.column - 1)
        elif char == "\t":
            self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
        elif char >= " ":
            if self.column >= self.columns:
                self.column = 0
                self._go_down()
            line = self.lines[self.row]
            line.extend([(" ", PLAIN)] * (self.column + 1 - len(line)))
            line[self.column] = (char, self.style)
            self.column += 1

    def _go_down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])
        self.top = max(self.top, self.row - self.rows + 1)

    def _obey(self, words, letter):
        numbers = [int(word) if word.isdigit() else 0 for word in words.split(";")]
        count = max(1, numbers[0])
        if letter == "A":
            self.row = max(self.top, self.row - count)
        elif letter == "B":
            self.row = min(len(self.lines) - 1, self.row + count)
        elif letter == "C":
            self.column = min(self.columns - 1, self.column + count)
        elif letter == "D":
            self.column = max(0, self.column - count)
        elif letter == "G":
            self.column = count - 1
        elif letter == "K":
            self._wipe_line(numbers[0])
        elif letter == "J":
            self._wipe_line(0)
            for row in range(self.row + 1, len(self.lines)):
                self.lines[row] = []
        elif letter == "m":
            self._set_style(numbers)

    def _wipe_line(self, what):
        line = self.lines[self.row]
        if what == 0:
            del line[self.column:]
        elif what == 2:
            line.clear()

    def _set_style(self, numbers):
        for number in numbers:
            if number == 0:
                self.style = PLAIN
            elif number == 1:
                self.style = "bold"
            elif number == 2:
                self.style = "dim"
            elif 30 <= number <= 37:
                self.style = f"c{number - 30}"
            elif 90 <= number <= 97:
                self.style = f"c{number - 90}"
            elif number in (22, 39):
                self.style = PLAIN


def read_chunks(typescript, timing):
    """(seconds since the start, text) for each line of TIMING, as script(1) writes them
    with --log-out and --log-timing."""
    with open(typescript, "rb") as file:
        data = file.read()
    # The header is no output, and TIMING does not count it.
    if data.startswith(b"Script started"):
        data = data[data.index(b"\n") + 1:]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    now, at = 0.0, 0
    with open(timing, encoding="ascii") as file:
        for line in file:
            delay, size = line.split()[-2:]
            now += float(delay)
            yield now, decoder.decode(data[at:at + int(size)])
            at += int(size)
