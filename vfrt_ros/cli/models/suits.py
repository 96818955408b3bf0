# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which of the encoders that are here suits this machine: how fast it is here, beside how good it is known to be."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vfrt_ros.cli.answer import aligned

FRAMES, WARM_UP = 12, 3
SHAPE = (480, 640, 3)
RATE = 15.0
"""Pictures a second that an encoder should manage."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast an encoder is on this machine.

    Attributes:
        name: Of the encoder.
        milliseconds: For a picture of 640 × 480 pixels, the median; NaN where it cannot be used.
        accuracy: Top-1 on ImageNet in percent as published, 0 = none.
        measure: What that is.
        source: Where it is published.
        note: On what it runs, or why it cannot be used.
    """

    name: str
    milliseconds: float
    accuracy: float
    measure: str
    source: str
    note: str

    @property
    def usable(self) -> bool:
        """True where it was measured."""
        return self.milliseconds == self.milliseconds

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; NaN is null."""
        return {**asdict(self), "milliseconds": round(self.milliseconds, 2) if self.usable else None}


def time_encoders(names: list[str]) -> list[Speed]:
    """Load and time each encoder of the catalogue, one after another.

    Args:
        names: Of the catalogue.
    """
    return [_measured(name) for name in names]


def suited(speeds: list[Speed], rate: float = RATE) -> Speed | None:
    """The most accurate one that manages the rate; where none does, the fastest. None where none can be used.

    Figures of different kinds do not compare; zero-shot, which is what prompts are about, comes before the others.

    Args:
        speeds: What was measured.
        rate: Pictures a second.

    >>> slow, quick = Speed("a", 200.0, 80.0, "zero-shot", "", ""), Speed("b", 20.0, 60.0, "zero-shot", "", "")
    >>> suited([slow, quick]).name, suited([slow]).name, suited([])
    ('b', 'a', None)
    """
    usable = [one for one in speeds if one.usable]
    quick = [one for one in usable if one.milliseconds <= 1000.0 / rate]
    if quick:
        return max(quick, key=lambda one: (one.measure == "zero-shot", one.accuracy))
    return min(usable, key=lambda one: one.milliseconds, default=None)


def text(speeds: list[Speed], rate: float = RATE) -> str:
    """For people: a table, and which one suits.

    Args:
        speeds: What was measured.
        rate: Pictures a second.
    """
    rows = [("encoder here", "ms a picture", "ImageNet top-1 as published")]
    for one in speeds:
        shown = f"{one.milliseconds:.1f}" if one.usable else "–"
        known = f"{one.accuracy:.1f} {one.measure} ({one.source})" if one.accuracy else "–"
        rows.append((one.name, shown, known if one.usable else f"{known}; {one.note}"))
    lines = aligned(rows, right={1})
    best = suited(speeds, rate)
    if best is None:
        return "\n".join([*lines, "", "None can be used; `vfrt doctor` says why."])
    if best.milliseconds <= 1000.0 / rate:
        why = f"the most accurate of them that manages {rate:g} pictures a second"
    else:
        why = f"the fastest of them, though it does not manage {rate:g} pictures a second"
    return "\n".join(
        [
            *lines,
            "",
            f"{best.name} suits this machine: {why} ({best.note}).",
            "Figures of different kinds (zero-shot, k-NN, classes it was trained on) do not compare.",
            "`vfrt models list` shows the others, `vfrt models pull NAME` fetches one.",
        ]
    )


def _measured(name: str) -> Speed:
    from vfrt_ros.core.encoders import CATALOG, load_encoders
    from vfrt_ros.core.types.errors import VfrtError

    entry = CATALOG[name]
    published = (entry.accuracy, entry.measure, entry.source)
    try:
        encoders = load_encoders(name)
        seconds = [_one(encoders.backbone, number) for number in range(WARM_UP + FRAMES)][WARM_UP:]
    except VfrtError as error:
        return Speed(name, float("nan"), *published, str(error))
    return Speed(name, 1e3 * statistics.median(seconds), *published, encoders.note.partition("; ")[2])


def _one(backbone: Any, seed: int) -> float:
    frame = np.random.default_rng(seed).integers(0, 256, SHAPE, np.uint8)
    start = time.perf_counter()
    backbone.encode_images([frame])
    return time.perf_counter() - start
