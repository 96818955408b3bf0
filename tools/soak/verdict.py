# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whether what a process holds is flat, whether every answer came, and whether every frame arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from tools.soak.child import Sample
from tools.soak.frame_count import Frames

WARM_UP = 1 / 3
"""Share of the trial in which caches, the history of undo and the allocator's arenas may fill."""
GROWTH_MB = 6.0
GROWTH_SHARE = 0.04
MORE_HANDLES = 3
MORE_THREADS = 3
LONGEST_GAP_S = 5.0
LOST = 0.01
"""Share of the frames sent that may get lost on the way."""
RATE = 29 / 30
"""Share of the camera's rate that has to arrive."""


@dataclass
class Tally:
    """Counts of what was asked and answered.

    Attributes:
        asked: Service requests and parameter changes by name.
        unanswered: Those that got no answer in time, or one that they must not get.
        recognitions: Answers on the topic.
        longest_gap: Seconds between two of them at most.
        frames: What the camera published and what became of it; None = it could not be counted.
        seconds: For which the camera published.
        commands: `vfrt` commands that were run beside.
        unheard: What those said that did not find their node.
    """

    asked: dict[str, int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    recognitions: int = 0
    longest_gap: float = 0.0
    frames: Frames | None = None
    seconds: float = 0.0
    commands: int = 0
    unheard: list[str] = field(default_factory=list)


def growth(samples: Sequence[Sample]) -> tuple[float, float]:
    """Median memory, in MB, of the first and the second half of what comes after the warm-up."""
    settled = samples[int(len(samples) * WARM_UP) :]
    middle = len(settled) // 2
    return median(s.memory for s in settled[:middle]), median(s.memory for s in settled[middle:])


def violations(name: str, samples: Sequence[Sample]) -> list[str]:
    """Say what of a process is not flat, in words; fewer than six samples say nothing."""
    if len(samples) < 6:
        return [f"{name}: only {len(samples)} samples"]
    found = []
    early, late = growth(samples)
    if late - early > max(GROWTH_MB, GROWTH_SHARE * early):
        found.append(f"{name}: memory rose from {early:.1f} to {late:.1f} MB")
    settled = samples[int(len(samples) * WARM_UP) :]
    for what, most in (("handles", MORE_HANDLES), ("threads", MORE_THREADS)):
        counts = [getattr(sample, what) for sample in settled]
        if counts[-1] - counts[0] > most:
            found.append(f"{name}: {what} rose from {counts[0]} to {counts[-1]}")
    return found


def missed(tally: Tally, fps: float) -> list[str]:
    """Say in words what was asked and not answered, and what was sent and did not arrive.

    Args:
        fps: Frames per second that the camera was asked for.
    """
    found = [f"no good answer: {text}" for text in tally.unanswered[:5]]
    found += [f"a command that did not find its node: {text}" for text in tally.unheard[:5]]
    if not tally.recognitions:
        found.append("no recognition at all")
    if tally.longest_gap > LONGEST_GAP_S:
        found.append(f"{tally.longest_gap:.1f} s without a recognition")
    return found + _lost(tally, fps)


def _lost(tally: Tally, fps: float) -> list[str]:
    frames = tally.frames
    if frames is None:
        return ["the nodes did not tell how many frames they sent and received"]
    found = []
    lost = frames.sent - frames.received
    if lost > LOST * frames.sent:
        found.append(f"of {frames.sent} frames sent {lost} got lost on the way ({lost / frames.sent:.1%})")
    if frames.received < RATE * fps * tally.seconds:
        found.append(
            f"{frames.received / tally.seconds:.1f} frames a second arrived where {fps:g} were asked for"
        )
    # One frame may be in the worker and one in its slot.
    if frames.received - frames.accounted > 2:
        found.append(f"of {frames.received} frames only {frames.accounted} were answered or counted")
    return found
