# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Why a frame is called unknown: the codes, and their words."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """Why a frame is called unknown; the numbers are those of `Recognition.msg`."""

    KNOWN = 0
    UNKNOWN_NOTHING_LEARNED = 1
    UNKNOWN_LOW_SCORE = 2
    UNKNOWN_AMBIGUOUS = 3
    UNKNOWN_UNFAMILIAR = 4

    @property
    def words(self) -> str:
        """The reason for people, as the end of a sentence."""
        return _WORDS[self][0]

    @property
    def short(self) -> str:
        """The reason where there is little room; empty where the frame is known."""
        return _WORDS[self][1]


_WORDS = {
    Reason.KNOWN: ("known", ""),
    Reason.UNKNOWN_NOTHING_LEARNED: (
        "nothing learned yet: register an object or set prompts",
        "nothing learned yet",
    ),
    Reason.UNKNOWN_LOW_SCORE: ("the best score is below its threshold", "score too low"),
    Reason.UNKNOWN_AMBIGUOUS: ("two labels fit equally well", "could be two things"),
    Reason.UNKNOWN_UNFAMILIAR: ("it looks like nothing that was learned", "like nothing learned"),
}


def words_of(number: int) -> str:
    """The words of a reason that came as a number.

    Args:
        number: Of a message; an unknown one has words too.

    >>> words_of(2), words_of(99)
    ('the best score is below its threshold', 'reason 99')
    """
    return Reason(number).words if number in _NUMBERS else f"reason {number}"


def short_words_of(number: int) -> str:
    """The same where there is little room.

    >>> short_words_of(2), short_words_of(0), short_words_of(99)
    ('score too low', '', 'reason 99')
    """
    return Reason(number).short if number in _NUMBERS else f"reason {number}"


_NUMBERS = frozenset(int(reason) for reason in Reason)
