#!/usr/bin/env python3
"""Looks at `ringdown run --display sdl` as a user does, on an X server of its own: reads the window's pixels, types,
changes the mode, closes it. Arguments: the program, a disk with GRUB's menu."""
import itertools
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from driving import Terminal, check, wait_until
from window import GRUB_GRAPHICS, NO_CHARACTER, TEXT_MODE, Server

PROGRAM, GRUB_MENU = sys.argv[1:3]


class Screen:
    """A machine in a window, with its console on a terminal."""

    def __init__(self, server, arguments):
        # The display alone decides: SDL finds the X server by itself.
        os.environ.pop("SDL_VIDEODRIVER", None)
        options = ["--display", "sdl", "--serial", "stdio", "--memory", "16M", *arguments]
        self.terminal = Terminal([PROGRAM, "run", *options], {"DISPLAY": server.name})
        self.window = server.window("Ringdown")

    def lines(self, face=TEXT_MODE):
        return self.window.picture().lines(face)

    def wait_for(self, text, face=TEXT_MODE):
        wait_until(lambda: any(text in line for line in self.lines(face)),
                   lambda: f"the window shows {text!r}; it shows {self.lines(face)}")

    def type(self, text, face=TEXT_MODE):
        """Types at GRUB's prompt as a person does, who looks at each character before the next."""
        for end, character in enumerate(text, 1):
            self.window.type(character)
            self.wait_for(f"grub> {text[:end].rstrip()}", face)
        self.window.type("\n")

    def guest_text(self):
        """The text screen in the guest's video memory, from the console; the machine stands still from here on."""
        self.terminal.open_console()
        self.terminal.console("pause")
        return self.terminal.console("screen").splitlines()

    def check_same_text(self):
        """The pixels say what the guest wrote, but for the cursor and characters that ASCII does not have."""
        guest = self.guest_text()
        check(any(guest), f"the guest has text on its screen: {guest}")
        wait_until(lambda: same_text(self.lines(), guest), lambda: f"the window {self.lines()} shows the text {guest}")


def same_text(shown, guest):
    """Characters beyond ASCII are in no face; and one cell may be under the cursor."""
    guest = guest + [""] * (len(shown) - len(guest))
    pairs = [pair for rows in zip(shown, guest) for pair in itertools.zip_longest(*rows, fillvalue=" ")]
    wrong = [(a, b) for a, b in pairs if a != b and not (a == NO_CHARACTER and ord(b) > 0x7e)]
    return shown and all(a == NO_CHARACTER for a, _ in wrong) and len(wrong) <= 1


def check_firmware_and_close(server):
    screen = Screen(server, [])
    screen.wait_for("SeaBIOS (version")
    screen.wait_for("No bootable device.")
    check(screen.window.picture().colors() == {0, 0xaaaaaa}, "grey text on black")
    wait_until(lambda: screen.window.title().startswith("Ringdown - trap, "), "the title names the mode")
    screen.check_same_text()
    screen.window.close()
    wait_until(lambda: "power button pressed; close again to stop" in screen.window.title(), "the title explains")
    screen.window.close()
    status = screen.terminal.end()
    check(status == 0, f"closing the window twice ends the machine, got {status}: {screen.terminal.output[-300:]}")


def check_turbo(server):
    screen = Screen(server, ["--speed", "p2-300"])
    held, turbo = "MIPS, p2-300, ", "MIPS, turbo, p2-300 held back"

    def wait_for_title(part):
        wait_until(lambda: part in screen.window.title(), lambda: f"{part!r} in the title: {screen.window.title()}")
    wait_for_title(held)
    for title in [turbo, held, turbo]:
        screen.window.press("t", "Control_L", "Alt_L")
        wait_for_title(title)
    screen.terminal.open_console()
    check(screen.terminal.console("speed") == "turbo, p2-300 held back\n", "the console knows")
    screen.terminal.type(b"quit\r")
    check(screen.terminal.end() == 0, "the machine ends")


def check_typing_and_modes(server):
    screen = Screen(server, [f"{GRUB_MENU},readonly"])
    screen.wait_for("GNU GRUB")

    def highlighted():
        """The menu's entry in reverse colors."""
        picture = screen.window.picture()
        return [line for y, line in enumerate(picture.lines(TEXT_MODE))
                if picture.background(TEXT_MODE, 20, y) == 0xaaaaaa]
    wait_until(lambda: any("*First entry" in line for line in highlighted()), "the first entry is highlighted")
    screen.window.press("Down")
    wait_until(lambda: any("*Second entry" in line for line in highlighted()), "the arrow key moves the highlight")
    screen.window.press("c")
    screen.wait_for("grub>")
    screen.type("echo Typed-41 + 1!")
    wait_until(lambda: "Typed-41 + 1!" in screen.lines(), lambda: f"what was typed is echoed: {screen.lines()}")

    # From VGA text to a VESA mode and back.
    screen.type("terminal_output gfxterm")
    screen.wait_for("grub>", GRUB_GRAPHICS)
    screen.type("terminal_output console", GRUB_GRAPHICS)
    screen.wait_for("grub>")
    screen.check_same_text()
    screen.terminal.type(b"\x01x")
    check(screen.terminal.end() == 0, "Ctrl-A x ends the machine")


with Server() as server:
    check_firmware_and_close(server)
    check_turbo(server)
    check_typing_and_modes(server)
print("the window shows the guest's screen, and typing reaches the guest")
