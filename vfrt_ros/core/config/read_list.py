# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A list as people write it, the same whatever way it comes in."""

from __future__ import annotations

import re

from vfrt_ros.core.types.errors import SettingError

_QUOTED = {
    "'": re.compile(r"'((?:[^']|'')*)'[ \t\r]*"),
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"[ \t\r]*', re.DOTALL),
}
_ESCAPED = {"'": re.compile(r"'(')"), '"': re.compile(r'\\(["\\])')}
_PLAIN = re.compile(r"[^,\n]*")
_SPACES = re.compile(r"[ \t\r]*")


def read_list(text: str) -> list[str]:
    """The entries of a list: `a, b`, `[a, b]`, `['a', 'b']` or `["a", "b"]`, also one a line.

    Only quotes keep commas; within them `''` and `\\"` stand for the quote itself, as in YAML. An entry is never
    anything but a text, whatever YAML would make of it: `{label}`, `cup: blue`, `yes`, `1e3`.

    Args:
        text: What was typed.

    Returns:
        The entries without the spaces around them; empty ones are left out.

    Raises:
        SettingError: A bracket or a quote has no counterpart, or a list stands in the list.

    >>> read_list("cup, mug"), read_list("['cup, blue', mug]"), read_list("[]")
    (['cup', 'mug'], ['cup, blue', 'mug'], [])
    """
    whole, is_bracketed = _without_brackets(text.strip())
    entries, at = [], 0
    while at < len(whole):
        entry, at = _next_entry(whole, at, text, is_bracketed)
        entries.append(entry.strip())
    return [entry for entry in entries if entry]


def _without_brackets(text: str) -> tuple[str, bool]:
    if not text.startswith("["):
        return text, False
    if not text.endswith("]") or len(text) < 2:
        raise SettingError(f"{_shown(text)} opens a list with [ that does not end with ].")
    return text[1:-1], True


def _next_entry(whole: str, at: int, text: str, is_bracketed: bool) -> tuple[str, int]:
    """The entry that starts here, and where the next one does."""
    at = _SPACES.match(whole, at).end()  # type: ignore[union-attr]
    quote = whole[at : at + 1]
    if quote in _QUOTED:
        match = _QUOTED[quote].match(whole, at)
        if match is None:
            raise SettingError(f"{_shown(text)} opens a quote with {quote} that is not closed.")
        if whole[match.end() : match.end() + 1] not in ("", ",", "\n"):
            raise SettingError(f"{_shown(text)} goes on after a closing {quote}: a comma is missing.")
        return _ESCAPED[quote].sub(r"\1", match[1]), match.end() + 1
    match = _PLAIN.match(whole, at)
    entry = match[0] if match else ""
    _check_brackets(entry, text, is_bracketed)
    return entry, at + len(entry) + 1


def _check_brackets(entry: str, text: str, is_bracketed: bool) -> None:
    """Brackets within an entry are taken where nothing but a text can be meant."""
    if is_bracketed and ("[" in entry or "]" in entry):
        raise SettingError(f"{_shown(text)} has a bracket within the list: put that entry in quotes.")
    if entry.count("[") != entry.count("]") or entry.startswith("["):
        raise SettingError(f"{_shown(text)} has a bracket without its counterpart: put that entry in quotes.")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")
