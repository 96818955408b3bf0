# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""How far pictures and prompts count at an `alpha_fusion`."""

from __future__ import annotations

from dataclasses import dataclass

from vfrt_ros.core.scoring import constants


@dataclass(frozen=True, slots=True)
class Balance:
    """How far both kinds of evidence count; both in full at `constants.NEUTRAL_ALPHA`.

    Attributes:
        image, text: In [0, 1]; one of them is 1.

    >>> Balance.at(0.7), Balance.at(0.0)
    (Balance(image=1.0, text=1.0), Balance(image=0.0, text=1.0))
    """

    image: float
    text: float

    @classmethod
    def at(cls, alpha: float) -> Balance:
        """The balance at an `alpha_fusion` in [0, 1]."""
        neutral = constants.NEUTRAL_ALPHA
        return cls(min(1.0, alpha / neutral), min(1.0, (1.0 - alpha) / (1.0 - neutral)))


def alone(share: float) -> float:
    """Log-odds that a label gains that has one kind of evidence only: it is excluded where that counts nothing.

    Args:
        share: How far that kind counts, in [0, 1].

    >>> alone(0.5), alone(0.0)
    (0.0, -30.0)
    """
    return 0.0 if share > 0.0 else constants.EXCLUDED
