"""A window on an X server of the test's own: what it shows, read from its pixels, and what is typed into it."""
import os
import subprocess

from Xlib import X, XK, display, error, protocol
from Xlib.ext import xtest

from driving import check, wait_until

# Stands for a cell that is no character of the font, such as one under the cursor.
NO_CHARACTER = "\ufffd"
GLYPH_ROWS = 16
GLYPH_COLUMNS = 8
PIXEL_BYTES = 4


class Face:
    """How a guest writes: a font of 8x16 dots, read from the guest's own file, and where its cells lie."""

    def __init__(self, file_name, letter_a, size, cell_width, columns, rows, corner=(0, 0)):
        self.size = size
        self.cell_width = cell_width
        self.columns = columns
        self.rows = rows
        self.corner = corner
        with open(file_name, "rb") as file:
            image = file.read()
        position = image.find(bytes.fromhex(letter_a))
        check(position >= 0, f"{file_name} has a font")
        self.glyphs = {bytes(GLYPH_ROWS): " "}
        for code in range(0x21, 0x7f):
            start = position + (code - ord("A")) * GLYPH_ROWS
            self.glyphs[image[start:start + GLYPH_ROWS]] = chr(code)
        self.known = {}  # cells seen before

    def character(self, cell):
        """What a cell's dots show, in two colors whichever they are."""
        if cell not in self.known:
            dots = memoryview(cell).cast("I")
            background = dots[GLYPH_COLUMNS - 1]
            rows = [dots[start:start + GLYPH_COLUMNS] for start in range(0, len(dots), GLYPH_COLUMNS)]
            glyph = bytes(sum((dot != background) << (7 - x) for x, dot in enumerate(row)) for row in rows)
            two_colors = len(set(dots) | {background}) <= 2
            self.known[cell] = self.glyphs.get(glyph, NO_CHARACTER) if two_colors else NO_CHARACTER
        return self.known[cell]


# The letter A tells where in the file the font stands.
TEXT_MODE = Face("/usr/share/seabios/vgabios-stdvga.bin", "000010386cc6c6fec6c6c6c600000000", (720, 400), 9, 80, 25)
GRUB_GRAPHICS = Face("/usr/lib/grub/i386-pc/font.mod", "0000000018242442427e424242420000", (800, 600), 8, 97, 36,
                     (10, 7))


class Picture:
    """A screenshot: rows of pixels, each a number RRGGBBh."""

    def __init__(self, width, height, data):
        self.width = width
        self.height = height
        pixels = bytearray(data)
        pixels[3::PIXEL_BYTES] = bytes(width * height)  # the fourth byte of a pixel means nothing
        self.data = bytes(pixels)

    def colors(self):
        return set(memoryview(self.data).cast("I"))

    def cell(self, face, column, row):
        """The dots of one character cell, row by row, without the ninth column."""
        left = face.corner[0] + column * face.cell_width
        top = face.corner[1] + row * GLYPH_ROWS
        starts = [(y * self.width + left) * PIXEL_BYTES for y in range(top, top + GLYPH_ROWS)]
        return b"".join([self.data[start:start + GLYPH_COLUMNS * PIXEL_BYTES] for start in starts])

    def background(self, face, column, row):
        """The color of the cell's corner, which no letter reaches."""
        return memoryview(self.cell(face, column, row)).cast("I")[GLYPH_COLUMNS - 1]

    def lines(self, face):
        """The text that its pixels show in this face; nothing in other modes."""
        if (self.width, self.height) != face.size:
            return []
        return ["".join([face.character(self.cell(face, x, y)) for x in range(face.columns)]).rstrip()
                for y in range(face.rows)]


class Server:
    """Xvfb on a free display."""

    def __init__(self):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
            pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        check(number, "Xvfb starts")
        self.name = f":{number}"
        self.connection = display.Display(self.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.terminate()
        self.process.wait()

    def window(self, title):
        """Waits for a mapped window with a title that starts so, and gives it the keyboard as a desktop would."""
        window = wait_until(lambda: self.find(title), f"a window '{title}' is there")
        window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self.connection.sync()
        return Window(self.connection, window)

    def find(self, title):
        for window in self.connection.screen().root.query_tree().children:
            try:
                if (title_of(window).startswith(title) and
                        window.get_attributes().map_state == X.IsViewable):
                    return window
            except (error.BadWindow, error.BadDrawable):
                pass  # gone meanwhile
        return None


def title_of(window):
    return window.get_wm_name() or ""


class Window:
    def __init__(self, connection, window):
        self.connection = connection
        self.window = window

    def title(self):
        return title_of(self.window)

    def picture(self):
        return wait_until(self.picture_unless_resized, "the window keeps its size while it is read")

    def picture_unless_resized(self):
        """None if the guest changed its mode, and the window its size, after the size was asked for."""
        size = self.window.get_geometry()
        try:
            image = self.window.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xffffffff)
        except error.BadMatch:
            return None
        return Picture(size.width, size.height, image.data)

    def press(self, key, *modifiers):
        keys = [self.connection.keysym_to_keycode(XK.string_to_keysym(k)) for k in (*modifiers, key)]
        for code in keys:
            xtest.fake_input(self.connection, X.KeyPress, code)
        for code in reversed(keys):
            xtest.fake_input(self.connection, X.KeyRelease, code)
        self.connection.sync()

    def type(self, text):
        """Letters, digits and what NAMES lists, on Xvfb's US keyboard."""
        for character in text:
            name, *modifiers = NAMES.get(character, (character,))
            self.press(name if len(name) > 1 else name.lower(), *(["Shift_L"] if character.isupper() else modifiers))

    def close(self):
        """The close button of a title bar."""
        atom = self.connection.intern_atom
        event = protocol.event.ClientMessage(window=self.window, client_type=atom("WM_PROTOCOLS"),
                                             data=(32, [atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0]))
        self.window.send_event(event)
        self.connection.sync()


NAMES = {" ": ("space",), "\n": ("Return",), "-": ("minus",), "=": ("equal",), "_": ("minus", "Shift_L"),
         "+": ("equal", "Shift_L"), "!": ("1", "Shift_L"), "/": ("slash",), ".": ("period",)}
