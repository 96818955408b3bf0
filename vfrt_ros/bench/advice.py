# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which encoder, runtime and camera size suit a machine: measured, and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vfrt_ros.bench import entrants
from vfrt_ros.bench.contest import contest
from vfrt_ros.bench.materials import SIZE
from vfrt_ros.core.encoders.catalog import CATALOG
from vfrt_ros.core.encoders.clip.files import at_hand
from vfrt_ros.core.encoders.load import PREFERRED

SIZES = ((320, 240), SIZE, (1280, 720))
FLUENT, USABLE = 15.0, 5.0
"""Answers per second that feel immediate to a person who moves things about, and that can be worked with."""


@dataclass(frozen=True, slots=True)
class TimedOption:
    """A way to run, and how fast it was.

    Attributes:
        backbone, runtime: As the parameters of these names.
        size: Width and height of the camera's frames in pixels.
        ms: Frame to decision, milliseconds, median.
        hz: Frames that could be answered in a second.
    """

    backbone: str
    runtime: str
    size: tuple[int, int]
    ms: float
    hz: float

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.backbone} by {self.runtime} at {self.size[0]}x{self.size[1]}"


def time_options(
    quick: bool, backbones: Sequence[str] = (), examples: int = 1000
) -> tuple[list[TimedOption], list[str]]:
    """Let the encoders that are at hand run in turns.

    Args:
        quick: Fewer rounds, one camera size.
        backbones: To compare; empty = `embedded` and, where its weights are here, CLIP ViT-B/32.
        examples: In the memory.

    Returns:
        The candidates, fastest first, and a sentence for each thing that could not be measured.
    """
    wanted = list(backbones) or ["embedded", *([PREFERRED] if at_hand(CATALOG[PREFERRED].model_id) else [])]
    ways = {
        (backbone, runtime, size): (
            entrants.vfrt,
            {"backbone": backbone, "runtime": runtime, "size": size, "examples": examples, "labels": 20},
        )
        for backbone in wanted
        for runtime in ("openvino", "torch")
        for size in ((SIZE,) if quick else SIZES)
    }
    outcome = contest({str(way): entry for way, entry in ways.items()}, rounds=3 if quick else 8, steps=5)
    notes = [
        f"{way[0]} by {way[1]}: {outcome.failures[str(way)]}" for way in ways if str(way) in outcome.failures
    ]
    if not backbones and PREFERRED not in wanted:
        notes.append(f"{PREFERRED} was not measured: its weights are not on this machine.")
    candidates = [
        _candidate(way, outcome.seconds(str(way)).median) for way in ways if str(way) in outcome.rounds
    ]
    return sorted(candidates, key=lambda candidate: candidate.ms), list(dict.fromkeys(notes))


def words(candidates: Sequence[TimedOption]) -> list[str]:
    """Advice on what to choose, and why.

    >>> fast = TimedOption("embedded", "openvino", (640, 480), 8.0, 125.0)
    >>> words([fast])[0]
    'Take embedded by openvino at 640x480: 125 answers a second, more than a camera of 30 fps gives.'
    """
    if not candidates:
        return ["Nothing could be measured."]
    chosen = choose(candidates)
    sentences = [f"Take {chosen.name}: {chosen.hz:.0f} answers a second, {_pace(chosen.hz)}."]
    slower = [
        c for c in candidates if (c.backbone, c.size) == (chosen.backbone, chosen.size) and c is not chosen
    ]
    sentences += [
        f"The runtime {c.runtime} would take {c.ms / chosen.ms:.1f} times as long."
        for c in slower
        if c.ms > chosen.ms
    ]
    sentences += [_other_size(chosen, c) for c in candidates if _differs_in_size(chosen, c)]
    return sentences


def choose(candidates: Sequence[TimedOption]) -> TimedOption:
    """CLIP where it is fluent, or at least usable and alone; else the fastest; at the usual size if it may be."""

    def rank(candidate: TimedOption) -> tuple[bool, bool, bool, float]:
        fluent = candidate.hz >= FLUENT
        return (fluent, fluent and candidate.backbone != "embedded", candidate.size == SIZE, candidate.hz)

    return max(candidates, key=rank)


def as_dict(candidates: Sequence[TimedOption], notes: Sequence[str]) -> dict[str, Any]:
    """Plain values for JSON."""
    return {
        "advice": words(candidates),
        "choice": asdict(choose(candidates)) if candidates else None,
        "measured": [asdict(candidate) for candidate in candidates],
        "not measured": list(notes),
    }


def _candidate(way: tuple[str, str, tuple[int, int]], seconds: float) -> TimedOption:
    backbone, runtime, size = way
    return TimedOption(backbone, runtime, size, round(1e3 * seconds, 2), round(1 / seconds, 1))


def _pace(hz: float) -> str:
    if hz >= 30.0:
        return "more than a camera of 30 fps gives"
    if hz >= FLUENT:
        return "enough to feel immediate; frames in between are dropped"
    return "enough to work with" if hz >= USABLE else "which is slow: show things for a second or two"


def _differs_in_size(chosen: TimedOption, other: TimedOption) -> bool:
    return (other.backbone, other.runtime) == (chosen.backbone, chosen.runtime) and other.size != chosen.size


def _other_size(chosen: TimedOption, other: TimedOption) -> str:
    change = other.ms / chosen.ms - 1
    return f"Frames of {other.size[0]}x{other.size[1]} take {abs(change):.0%} {'longer' if change > 0 else 'less'}."
