# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The keys of `vfrt view`: a state machine without a window, a node or a clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from vfrt_ros.core.types.region import Box

ENTER, ESCAPE, BACKSPACE, SHIFT = "enter", "escape", "backspace", "shift"
LONGEST = 200
"""Characters that fit the entry line; the node itself decides how long a label may be."""

_NAMED = {0x0D: ENTER, 0x0A: ENTER, 0x1B: ESCAPE, 0x08: BACKSPACE, 0x7F: BACKSPACE}
_SYMBOLS = {**_NAMED, 0x8D: ENTER, 0xE1: SHIFT, 0xE2: SHIFT}
# Blocks of X11 key symbols that are an 8-bit code of their time. Source: X11/keysymdef.h.
_CODES = {
    0x00: "latin-1",
    0x01: "iso8859-2",
    0x02: "iso8859-3",
    0x03: "iso8859-4",
    0x06: "koi8-r",
    0x07: "iso8859-7",
}
_UNICODE = 0x01000000


class Act(Enum):
    """The acts that keys ask for."""

    QUIT = "quit"
    REGISTER = "register"
    NOT_THIS = "not this"
    SNAPSHOT = "snapshot"
    OPEN_SET = "open set"
    PROMPTS = "prompts"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True)
class Wish:
    """An act that is wanted; `text` is the label or the prompts that were typed, `box` what the mouse drew."""

    act: Act
    text: str = ""
    box: Box | None = None


@dataclass(frozen=True)
class Entry:
    """A line that is being typed, and what it is for: the whole picture, or a box in it."""

    act: Act
    question: str
    text: str = ""
    box: Box | None = None


QUESTIONS = {
    Act.REGISTER: "What is this? Label:",
    Act.NOT_THIS: "What is this *not*? Label:",
    Act.PROMPTS: "Prompts, comma separated:",
}
MOUSE = ("drag", "register what is in a box: type its label, Enter")
IN_BOX = "What is in the box? Label:"
KEYS: dict[str, tuple[Act | None, str]] = {
    "r": (Act.REGISTER, "register what is seen: type its label, Enter"),
    "n": (Act.NOT_THIS, "not this: type the label that the picture does not show, Enter"),
    "t": (Act.PROMPTS, "text prompts: cat, cup=a photo of a blue cup"),
    "u": (Act.UNDO, "undo the last change"),
    "y": (Act.REDO, "redo what undo took back"),
    "s": (Act.SNAPSHOT, "snapshot: frame, overlay, recognition"),
    "o": (Act.OPEN_SET, "open set on or off: may the answer be unknown?"),
    "h": (None, "show or hide these keys"),
    "q": (Act.QUIT, "quit; the node goes on"),
}
"""The effect of each key, as the help on the screen shows it; None = only the window changes."""


class Keyboard:
    """Keys to wishes: single letters while watching, a line of text while something is asked for."""

    def __init__(self, label: str = "") -> None:
        """
        Args:
            label: What `r` registers without asking; empty = it asks.
        """
        self._label = label
        self._shifted = False
        self.entry: Entry | None = None
        self.help = False

    def press(self, key: str) -> Wish | None:
        """Take one key.

        Args:
            key: A character, or `ENTER`, `ESCAPE`, `BACKSPACE` or `SHIFT`, which makes the next letter a
                capital (OpenCV's Qt gives the key and not its case); empty = none that is known.

        Returns:
            What is wanted now; None where the window alone changes.

        >>> keyboard = Keyboard()
        >>> [keyboard.press(key) for key in ("r", "c", "u", "p")], keyboard.entry.text
        ([None, None, None, None], 'cup')
        >>> keyboard.press(ENTER)
        Wish(act=<Act.REGISTER: 'register'>, text='cup')
        """
        if not key:
            return None
        shifted, self._shifted = self._shifted, key == SHIFT
        if self.entry:
            capital = shifted and len(key) == 1 and len(key.upper()) == 1
            return self._type(self.entry, key.upper() if capital else key)
        act, _ = KEYS.get(key.lower(), (None, ""))
        if key.lower() == "h":
            self.help = not self.help
        if act is Act.REGISTER and self._label:
            return Wish(act, self._label)
        if act in QUESTIONS:
            self.entry = Entry(act, QUESTIONS[act])
            return None
        return Wish(act) if act else None

    def point(self, box: Box) -> None:
        """A box was drawn in the picture: ask what is in it; a label that was given stands there already."""
        self.entry = Entry(Act.REGISTER, IN_BOX, self._label, box)

    def _type(self, entry: Entry, key: str) -> Wish | None:
        text = entry.text
        if key == ESCAPE:
            self.entry = None
        elif key == ENTER:
            # An empty line is no answer yet, as in any form.
            if text.strip():
                self.entry = None
                return Wish(entry.act, text.strip(), entry.box)
        elif key == BACKSPACE:
            self.entry = replace(entry, text=text[:-1])
        elif len(key) == 1 and key.isprintable() and len(text) < LONGEST:
            self.entry = replace(entry, text=text + key)
        return None


def read_key(code: int) -> str:
    """Translate what OpenCV's `waitKeyEx` gives into what `Keyboard.press` takes.

    Args:
        code: ASCII or an X11 key symbol, with GTK also the modifiers above bit 16; -1 for no key. Qt gives
            the capitals of Latin 1 as a signed byte, whatever their case.

    Returns:
        The character, or the name of the key; empty for any other key.

    >>> read_key(0x61), read_key(0xFF0D), read_key(0x6C3), read_key(0x010020AC), read_key(-36)
    ('a', 'enter', 'ц', '€', 'ü')
    """
    if -0x80 <= code < -1:
        return chr(code + 0x100).lower()
    if code < 0:
        return ""
    if _UNICODE <= code <= _UNICODE + 0x10FFFF:
        return chr(code - _UNICODE)
    block, low = (code >> 8) & 0xFF, code & 0xFF
    if block == 0xFF:
        return _SYMBOLS.get(low, "")
    if block == 0 and low in _NAMED:
        return _NAMED[low]
    if block not in _CODES:
        return ""
    character = bytes([low]).decode(_CODES[block], errors="ignore")
    return character if character.isprintable() else ""
