# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Notices that a grabber gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Event(Enum):
    """The things that can happen to a source."""

    LOST = "lost"
    """It has failed or hangs; it is tried again until it is back."""
    BACK = "back"
    """It delivers frames again."""
    RESIZED = "resized"
    """Its frames have another size than before, or than asked for; they are made to fit."""
    FROZEN = "frozen"
    """It gives the same picture for ever, also after it was opened again."""
    BLACK = "black"
    """Its pictures are black."""
    SEES = "sees"
    """Its pictures are neither frozen nor black any more."""
    ENDED = "ended"
    """It has come to its end, and nothing more will come."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One event with a line for people."""

    event: Event
    text: str
