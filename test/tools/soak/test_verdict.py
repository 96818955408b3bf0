# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What is flat and what is not; what counts as missed."""

from __future__ import annotations

import pytest

from tools.soak.child import Sample
from tools.soak.frame_count import Frames
from tools.soak.plot import plot
from tools.soak.verdict import GROWTH_MB, Tally, growth, missed, violations

N = 90


def samples(memory=lambda n: 200.0, handles=lambda n: 20, threads=lambda n: 12) -> list[Sample]:
    return [Sample(float(n), memory(n), handles(n), threads(n)) for n in range(N)]


FLAT = {
    "flat": samples(),
    "filling up at first": samples(memory=lambda n: 200.0 + 100 * min(1, n / (N / 3))),
    "to and fro": samples(memory=lambda n: 200.0 + 30 * (n % 2), handles=lambda n: 20 + n % 3),
    "falling": samples(memory=lambda n: 300.0 - n),
    "a little": samples(memory=lambda n: 200.0 + 4 * n / N),
}
RISING = {
    "memory": (samples(memory=lambda n: 200.0 + n), "memory rose from 244.5 to 274.5 MB"),
    "handles": (samples(handles=lambda n: 20 + n // 10), "handles rose from 23 to 28"),
    "threads": (samples(threads=lambda n: 12 + n // 10), "threads rose from 15 to 20"),
    "nothing sampled": ([], "only 0 samples"),
}


@pytest.mark.parametrize("taken", FLAT.values(), ids=FLAT.keys())
def test_what_is_flat(taken) -> None:
    assert violations("node", taken) == []


@pytest.mark.parametrize(("taken", "words"), RISING.values(), ids=RISING.keys())
def test_what_is_not(taken, words) -> None:
    assert violations("node", taken) == [f"node: {words}"]


def test_growth_is_between_the_halves_after_the_warm_up() -> None:
    early, late = growth(
        samples(memory=lambda n: 500.0 if n < N / 3 else 100.0 + GROWTH_MB * (n >= 2 * N / 3))
    )
    assert (early, late) == (100.0, 100.0 + GROWTH_MB)


FPS = 30.0
SENT = Frames(sent=1800, received=1795, accounted=1794)
GOOD = {"recognitions": 1500, "longest_gap": 0.5, "frames": SENT, "seconds": 60.0}
MISSED: dict[str, tuple[dict[str, object], list[str]]] = {
    "nothing": (GOOD, []),
    "no recognition": ({**GOOD, "recognitions": 0}, ["no recognition at all"]),
    "a gap": ({**GOOD, "longest_gap": 6.0}, ["6.0 s without a recognition"]),
    "a request": ({**GOOD, "unanswered": ["undo {}: none"]}, ["no good answer: undo {}: none"]),
    "a command": (
        {**GOOD, "unheard": ["There is no node /recognition"]},
        ["a command that did not find its node: There is no node /recognition"],
    ),
    "frames on the way": (
        {**GOOD, "frames": Frames(1800, 493, 493)},
        [
            "of 1800 frames sent 1307 got lost on the way (72.6%)",
            "8.2 frames a second arrived where 30 were asked for",
        ],
    ),
    "a little more than one in a hundred": (
        {**GOOD, "frames": Frames(1800, 1781, 1781)},
        ["of 1800 frames sent 19 got lost on the way (1.1%)"],
    ),
    "frames in the node": (
        {**GOOD, "frames": Frames(1800, 1795, 1700)},
        ["of 1795 frames only 1700 were answered or counted"],
    ),
    "a camera that is slow": (
        {**GOOD, "frames": Frames(1700, 1700, 1700)},
        ["28.3 frames a second arrived where 30 were asked for"],
    ),
    "what nobody told": (
        {**GOOD, "frames": None},
        ["the nodes did not tell how many frames they sent and received"],
    ),
}


@pytest.mark.parametrize(("fields", "expected"), MISSED.values(), ids=MISSED.keys())
def test_what_is_missed(fields, expected) -> None:
    assert missed(Tally(**fields), FPS) == expected


def test_the_plot_is_a_picture(tmp_path) -> None:
    plot({"camera": samples(), "recognition": samples()}, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").read_bytes().startswith(b"\x89PNG")
