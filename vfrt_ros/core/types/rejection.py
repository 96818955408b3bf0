# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Why a registration leaves a frame out: the codes, and their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class RejectionCode(IntEnum):
    """Why a frame is not worth storing; the numbers are those of `ShownFrame.msg`."""

    KEPT = 0
    TOO_DARK = 1
    OVEREXPOSED = 2
    BLURRED = 3
    NEAR_DUPLICATE = 4
    LABEL_FULL = 5

    @property
    def words(self) -> str:
        """The reason for people, without what was measured."""
        return _WORDS[self]


_WORDS = {
    RejectionCode.KEPT: "kept",
    RejectionCode.TOO_DARK: "too dark",
    RejectionCode.OVEREXPOSED: "overexposed",
    RejectionCode.BLURRED: "blurred",
    RejectionCode.NEAR_DUPLICATE: "near duplicate of a stored example",
    RejectionCode.LABEL_FULL: "the label has as many examples as max_examples allows",
}
_NUMBERS = frozenset(int(code) for code in RejectionCode)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one frame is left out.

    Attributes:
        code: For programs.
        text: For people, with what was measured.
    """

    code: RejectionCode
    text: str

    @classmethod
    def measured(cls, code: RejectionCode, measure: str) -> Rejection:
        """A rejection by a measure.

        Args:
            code: Why it is left out.
            measure: The figure in words, with its unit.

        >>> Rejection.measured(RejectionCode.BLURRED, "sharpness 3, at least 15 is needed").text
        'blurred (sharpness 3, at least 15 is needed)'
        """
        return cls(code, f"{code.words} ({measure})")


def left_out(numbers: Iterable[int]) -> list[str]:
    """Each kind of rejection once, with its count, most frequent first.

    Args:
        numbers: Values of `RejectionCode`, as they came in messages.

    >>> left_out([3, 4, 3])
    ['left out 2: blurred', 'left out 1: near duplicate of a stored example']
    """
    counts = Counter(RejectionCode(n).words if n in _NUMBERS else f"reason {n}" for n in numbers)
    return [f"left out {counts[kind]}: {kind}" for kind in sorted(counts, key=lambda k: (-counts[k], k))]
