#!/usr/bin/env python3
"""`--display terminal`: the guest's text screen on a terminal of 80x25, its keys from there, and the terminal as it was
at the end. Arguments: the program, a disk with GRUB's menu."""
import os
import pty
import re
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import Terminal, check

PROGRAM, GRUB_MENU = sys.argv[1:3]
COLUMNS, ROWS = 80, 25
NEW_TERMINAL = termios.tcgetattr(pty.openpty()[1])
SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
REVERSE = "30;47"  # black on grey


class Page:
    """What a terminal shows that gets the program's output: characters, and the colors of each."""

    def __init__(self):
        self.cells = [[(" ", "")] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.color = ""

    def lines(self):
        return ["".join(character for character, _ in row).rstrip() for row in self.cells]

    def feed(self, text):
        """Returns what is not complete yet."""
        while text:
            if text[0] != "\x1b":
                self.put(text[0])
                text = text[1:]
                continue
            sequence = SEQUENCE.match(text)
            if not sequence:
                check(len(text) < 20, f"a sequence that no terminal knows: {text[:20]!r}")
                return text
            self.act(*sequence.groups())
            text = text[sequence.end():]
        return text

    def put(self, character):
        check(character >= " ", f"only moves, colors and text, got {character!r}")
        self.cells[self.row][self.column] = (character, self.color)
        self.column = min(self.column + 1, COLUMNS - 1)

    def act(self, private, parameters, final):
        if final == "H":
            self.row, self.column = (int(number) - 1 for number in parameters.split(";"))
        elif final == "J":
            self.cells = [[(" ", "")] * COLUMNS for _ in range(ROWS)]
        elif final == "m":
            self.color = parameters.removeprefix("0").removeprefix(";")
        else:
            check(private and final in "hl", f"an unexpected sequence {private}{parameters}{final}")


class Screen:
    def __init__(self):
        self.page = Page()
        self.rest = b""
        self.seen = 0
        self.terminal = Terminal([PROGRAM, "run", "--display", "terminal", "--memory", "16M", f"{GRUB_MENU},readonly"])

    def wait_until(self, condition, what):
        while not condition():
            check(self.terminal.read_more(what), f"{what}: the machine ended; it showed {self.page.lines()}")
            data = self.rest + self.terminal.output[self.seen:]
            self.seen = len(self.terminal.output)
            # A character may come in pieces.
            text = data.decode("utf-8", errors="ignore")
            self.rest = data[len(text.encode()):]
            self.rest = self.page.feed(text).encode() + self.rest

    def wait_for(self, text):
        self.wait_until(lambda: any(text in line for line in self.page.lines()), f"waiting for {text!r}")

    def is_highlighted(self, entry):
        for row, line in enumerate(self.page.lines()):
            if entry in line:
                return self.page.cells[row][line.index(entry)][1] == REVERSE
        return False

    def type(self, text):
        """One key after the other, each seen before the next."""
        for end, character in enumerate(text, 1):
            self.terminal.type(character.encode())
            self.wait_for(f"grub> {text[:end].rstrip()}")
        self.terminal.type(b"\r")


screen = Screen()
screen.wait_until(lambda: screen.is_highlighted("*First entry"), "the first entry is highlighted")
screen.wait_for("┌──────")
check(termios.tcgetattr(screen.terminal.descriptor) != NEW_TERMINAL, "the terminal is raw")
screen.terminal.type(b"\x1b[B")
screen.wait_until(lambda: screen.is_highlighted("*Second entry"), "the arrow key moves the highlight")
screen.terminal.type(b"c")
screen.wait_for("grub>")
screen.type("echo Typed-41 + 1!")
screen.wait_until(lambda: "Typed-41 + 1!" in screen.page.lines(), "what was typed is echoed")
screen.type("terminal_output gfxterm")
screen.wait_for("(the guest shows no text)")
screen.terminal.type(b"\x1d")  # Ctrl-]
status = screen.terminal.end()
check(status == 0, f"Ctrl-] ends the machine, got {status}")
check(screen.terminal.output.rstrip().endswith(b"\x1b[?1049l"), "the terminal shows what it did before")
check(termios.tcgetattr(screen.terminal.descriptor) == NEW_TERMINAL, "the terminal is as it was")
print("the terminal shows the guest's text and takes its keys")
