# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Labels and prompts that people may ask for, checked before anything is done."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.decision import UNKNOWN
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Prompts

LONGEST_LABEL = 500
"""The most that `max_label_length` can be: a label that is there can be named whatever it is now."""
PROMPT_LENGTH = 1000
MOST_PROMPTS = 1000
"""The most that `max_prompts` can be."""
LONGEST_SOURCE = 200
CONTROL = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories of what steers text instead of being text."""
BLANKS = r"[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+"
"""Unicode's spaces (Zs). Tabs and line ends are control characters, which a label must not have within."""
JOINERS = "\u200c\u200d"
"""Characters that Persian, Indic scripts and emoji need between letters, though it counts as control."""


def check_label(label: str, *, length: int = LONGEST_LABEL) -> str:
    """The label as it is stored: labels that look the same are the same.

    Args:
        label: As somebody typed it.
        length: Characters at most.

    Raises:
        RequestError: It is empty, too long, has control characters, or is the word for unknown.

    >>> check_label("  coffee\u00a0 cup ")
    'coffee cup'
    """
    text = check_text("A label", normal_label(label), length)
    if not text:
        raise RequestError("A label must not be empty: name what is shown.")
    if text == UNKNOWN:
        raise RequestError(f"'{UNKNOWN}' is the answer for what is not known and cannot be a label.")
    return text


def normal_label(text: str) -> str:
    """A label in Unicode's composed form, with one plain space for blanks within and none around.

    Args:
        text: As somebody typed it.

    >>> normal_label("cafe\u0301  au lait\u2009") == "caf\u00e9 au lait"
    True
    """
    return re.sub(BLANKS, " ", unicodedata.normalize("NFC", text)).strip()


def stored_label(label: str, stored: Collection[str]) -> str:
    """The one of the stored labels that somebody means, also one that an older version stored as it was typed.

    Args:
        label: As somebody typed it.
        stored: Labels that there are.

    Returns:
        The stored label of just this text, else the one that looks the same, else the label as `check_label` has it.

    Raises:
        RequestError: As for `check_label`.

    >>> stored_label("cup", ["cup", "cup "]), stored_label("cup ", ["mug", " cup"]), stored_label(" cup", ["mug"])
    ('cup', ' cup', 'cup')
    """
    if label in stored:
        return label
    normal = check_label(label)
    if normal in stored:
        return normal
    return next((one for one in sorted(stored) if normal_label(one) == normal), normal)


def check_prompts(
    labels: Sequence[str],
    prompts: Sequence[str],
    *,
    replace: bool,
    length: int = LONGEST_LABEL,
    most: int = MOST_PROMPTS,
) -> Mapping[str, Prompts]:
    """The prompts by label; an empty tuple stands for the templates.

    Args:
        labels: One for each prompt.
        prompts: As many, or none.
        replace: An empty list is fine: it clears all prompts.
        length: Characters of a label at most.
        most: Prompts of a label at most.

    Raises:
        RequestError: The lists do not match, are empty without `replace`, or hold something wrong.

    >>> check_prompts(["cat", "cat"], ["a cat", "a kitten"], replace=False)
    {'cat': ('a cat', 'a kitten')}
    """
    if prompts and len(prompts) != len(labels):
        raise RequestError(
            f"Expected one prompt for each of {counted(len(labels), 'label')}, or none at all; got {len(prompts)}."
        )
    if not labels and not replace:
        raise RequestError("Expected at least one label; got none.")
    found: dict[str, Prompts] = {}
    for index, label in enumerate(labels):
        prompt = check_text("A prompt", prompts[index], PROMPT_LENGTH) if prompts else ""
        key = check_label(label, length=length)
        found[key] = (*found.get(key, ()), *((prompt,) if prompt else ()))
        if len(found[key]) > most:
            raise RequestError(
                f"A label may have at most {counted(most, 'prompt')} (max_prompts); '{key}' gets more."
            )
    return found


def check_source(name: str) -> str:
    """Where examples come from, in words, without blanks around it.

    Args:
        name: As somebody typed it, or a file says it.

    Raises:
        RequestError: It is too long or has control characters.

    >>> check_source(" desk.vfrt.zip")
    'desk.vfrt.zip'
    """
    return check_text("The name of a file", name, LONGEST_SOURCE)


def check_images(sizes: Sequence[tuple[int, int]], *, most: int, megapixels: float) -> None:
    """Refuse a request with too many pictures before any of them is looked at.

    Args:
        sizes: Width and height of each.
        most: How many there may be.
        megapixels: How many megapixels they may have all together.

    Raises:
        RequestError: They are too many or too large.
    """
    if len(sizes) > most:
        raise RequestError(
            f"Expected at most {counted(most, 'image')} (max_images); got {len(sizes)}. Send them in parts."
        )
    total = sum(width * height for width, height in sizes) / 1e6
    if total > megapixels:
        raise RequestError(
            f"Got {counted(len(sizes), 'image')} of {total:.3g} megapixels together, over the {megapixels:g} of "
            "max_request_megapixels: send fewer at a time."
        )


def check_room(known: Sequence[str], labels: Iterable[str], *, most: int) -> None:
    """Refuse new labels where there are enough.

    Args:
        known: The labels in memory.
        labels: Those that a request names.
        most: How many there may be.

    Raises:
        RequestError: There would be more.
    """
    together = len({*known, *labels})
    if together > max(most, len(known)):
        raise RequestError(
            f"There would be {counted(together, 'label')}, over the {most} of max_labels: forget some."
        )


def check_text(what: str, text: str, length: int) -> str:
    """A text without blanks around it.

    Args:
        what: It is, to begin an error with.
        text: As somebody wrote it.
        length: Characters at most.

    Raises:
        RequestError: The label is too long, has control characters, or is not text (half of a surrogate pair).
    """
    text = text.strip()
    if len(text) > length:
        raise RequestError(f"{what} must have at most {counted(length, 'character')}; got {len(text)}.")
    if any(unicodedata.category(sign) in CONTROL and sign not in JOINERS for sign in text):
        raise RequestError(f"{what} must not contain control characters; got {text[:40]!r}.")
    return text
