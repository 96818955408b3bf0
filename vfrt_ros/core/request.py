"""What people may ask for: labels and prompts, checked before anything is done."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from vfrt_ros.core.decision import UNKNOWN
from vfrt_ros.core.errors import RequestError
from vfrt_ros.core.memory.example import Prompts

LABEL_LENGTH = 100
PROMPT_LENGTH = 1000
CONTROL = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories of what steers text instead of being text."""
JOINERS = "\u200c\u200d"
"""What Persian, Indic scripts and emoji need between letters, though it counts as control."""


def check_label(label: str) -> str:
    """The label without blanks around it.

    Raises:
        RequestError: It is empty, too long, has control characters, or is the word for unknown.

    >>> check_label("  cup ")
    'cup'
    """
    text = _check_text("A label", label, LABEL_LENGTH)
    if not text:
        raise RequestError("A label must not be empty: name what is shown.")
    if text == UNKNOWN:
        raise RequestError(f"'{UNKNOWN}' is the answer for what is not known and cannot be a label.")
    return text


def check_prompts(labels: Sequence[str], prompts: Sequence[str], *, replace: bool) -> Mapping[str, Prompts]:
    """The prompts by label; an empty tuple stands for the templates.

    Raises:
        RequestError: The lists do not match, are empty without `replace`, or hold something wrong.

    >>> check_prompts(["cat", "cat"], ["a cat", "a kitten"], replace=False)
    {'cat': ('a cat', 'a kitten')}
    """
    if prompts and len(prompts) != len(labels):
        raise RequestError(
            f"Expected one prompt for each of the {len(labels)} labels, or none at all; got {len(prompts)}."
        )
    if not labels and not replace:
        raise RequestError("Expected at least one label; got none.")
    found: dict[str, Prompts] = {}
    for index, label in enumerate(labels):
        prompt = _check_text("A prompt", prompts[index], PROMPT_LENGTH) if prompts else ""
        key = check_label(label)
        found[key] = (*found.get(key, ()), *((prompt,) if prompt else ()))
    return found


def _check_text(what: str, text: str, length: int) -> str:
    text = text.strip()
    if len(text) > length:
        raise RequestError(f"{what} must have at most {length} characters; got {len(text)}.")
    if any(unicodedata.category(sign) in CONTROL and sign not in JOINERS for sign in text):
        raise RequestError(f"{what} must not contain control characters; got {text[:40]!r}.")
    return text
