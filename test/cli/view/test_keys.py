# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The keys of `vfrt view`, without a window."""

from __future__ import annotations

import pytest

from vfrt_ros.cli.view.keys import (
    BACKSPACE,
    ENTER,
    ESCAPE,
    KEYS,
    LONGEST,
    SHIFT,
    Act,
    Keyboard,
    Wish,
    read_key,
)


def pressed(keyboard: Keyboard, *keys: str) -> list[Wish]:
    """The wishes that these keys make."""
    return [wish for key in keys if (wish := keyboard.press(key))]


AT_ONCE = {"q": Act.QUIT, "s": Act.SNAPSHOT, "o": Act.OPEN_SET, "u": Act.UNDO, "y": Act.REDO}


@pytest.mark.parametrize(("key", "act"), AT_ONCE.items())
def test_a_key_that_needs_no_text_acts_at_once(key: str, act: Act) -> None:
    assert pressed(Keyboard(), key) == [Wish(act)]
    assert pressed(Keyboard(), key.upper()) == [Wish(act)]


ASKED = {"r": Act.REGISTER, "n": Act.NOT_THIS, "t": Act.PROMPTS}


@pytest.mark.parametrize(("key", "act"), ASKED.items())
def test_a_key_that_needs_text_asks_and_acts_on_enter(key: str, act: Act) -> None:
    keyboard = Keyboard()
    assert pressed(keyboard, key, *"cup, q") == []
    assert keyboard.entry is not None and keyboard.entry.text == "cup, q"
    assert pressed(keyboard, ENTER) == [Wish(act, "cup, q")]
    assert keyboard.entry is None


def test_escape_leaves_the_entry_and_nothing_is_done() -> None:
    keyboard = Keyboard()
    assert pressed(keyboard, "r", *"cup", ESCAPE, ENTER) == []
    assert keyboard.entry is None
    assert pressed(keyboard, "u") == [Wish(Act.UNDO)]


def test_backspace_takes_the_last_letter() -> None:
    assert pressed(Keyboard(), "r", BACKSPACE, *"cups", BACKSPACE, ENTER) == [Wish(Act.REGISTER, "cup")]


def test_an_empty_line_goes_on_asking() -> None:
    keyboard = Keyboard()
    assert pressed(keyboard, "r", " ", ENTER) == []
    assert keyboard.entry is not None


def test_a_label_that_was_given_is_not_asked_for() -> None:
    assert pressed(Keyboard("cup"), "r") == [Wish(Act.REGISTER, "cup")]


def test_h_shows_and_hides_the_keys_but_can_be_typed() -> None:
    keyboard = Keyboard()
    keyboard.press("h")
    assert keyboard.help
    assert pressed(keyboard, "r", "h", ENTER) == [Wish(Act.REGISTER, "h")]
    assert keyboard.help
    keyboard.press("h")
    assert not keyboard.help


def test_shift_makes_the_next_letter_a_capital() -> None:
    keys = ("r", SHIFT, "c", "u", "", SHIFT, "", "p", SHIFT, "ß", ENTER)
    assert pressed(Keyboard(), *keys) == [Wish(Act.REGISTER, "CuPß")]


def test_other_keys_do_nothing() -> None:
    keyboard = Keyboard()
    assert pressed(keyboard, "x", "1", "", ESCAPE, ENTER, BACKSPACE, SHIFT) == []
    assert keyboard.entry is None and not keyboard.help


def test_a_line_has_an_end() -> None:
    (wish,) = pressed(Keyboard(), "r", *"x" * (LONGEST + 50), ENTER)
    assert len(wish.text) == LONGEST


def test_every_act_has_a_key() -> None:
    assert {act for act, _ in KEYS.values() if act} == set(Act)


CODES = {
    "no key": (-1, ""),
    "a letter": (ord("q"), "q"),
    "a letter of Qt's that is none of ASCII": (0xE4 - 0x100, "ä"),
    "a letter of Latin 1": (0xE4, "ä"),
    "a letter with Num Lock, by GTK": (0x100000 | ord("q"), "q"),
    "Enter": (13, ENTER),
    "Enter by GTK": (0xFF0D, ENTER),
    "Enter of the keypad": (0xFF8D, ENTER),
    "Backspace": (8, BACKSPACE),
    "Escape": (0xFF1B, ESCAPE),
    "Shift": (0xFFE2, SHIFT),
    "Control": (0xFFE3, ""),
    "an arrow": (0xFF51, ""),
    "Cyrillic": (0x06DE, "ч"),
    "Greek": (0x07E1, "α"),
    "Polish": (0x01B1, "ą"),
    "beyond the code pages": (0x01000000 + ord("字"), "字"),
    "a control character": (1, ""),
    "a dead key": (0xFE57, ""),
}


@pytest.mark.parametrize(("code", "key"), CODES.values(), ids=CODES)
def test_codes_of_opencv(code: int, key: str) -> None:
    assert read_key(code) == key
