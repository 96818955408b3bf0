# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Smoothing over time: by seconds, label by label, and never over a break."""

from __future__ import annotations

import importlib.util
import itertools
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from vfrt_ros.core.smoothing import HOLD_ODDS, Smoother, favour, past_share
from vfrt_ros.core.types.evidence import Evidence, Scores

ZERO, ONE = 0.0, 1.0


def evidence(**fused: float) -> Evidence:
    values = np.array(list(fused.values()), np.float32)
    return Evidence(tuple(fused), values, values, values, values * 10)


SHARES = {
    "one frame at 30 fps": (0.15, 1 / 30, 0.15),
    "one frame at 15 fps": (0.15, 1 / 15, 0.15**2),
    "one frame at 60 fps": (0.15, 1 / 60, 0.15**0.5),
    "no time": (0.5, 0.0, 1.0),
    "an hour": (0.99, 3600.0, 0.0),
    "off": (0.0, 1 / 30, 0.0),
}


@pytest.mark.parametrize(("ema", "elapsed", "share"), SHARES.values(), ids=SHARES.keys())
def test_past_share(ema, elapsed, share) -> None:
    assert past_share(ema, elapsed) == pytest.approx(share, abs=1e-9)


STEPS = {
    "30 fps": (10.0, 10.0 + 1 / 30, 0.25),
    "15 fps": (10.0, 10.0 + 1 / 15, 0.0625),
    "no stamps count as 30 fps": (None, None, 0.25),
    "a stamp after none": (None, 10.0, 0.25),
    "the same stamp again, as of a stopped clock": (10.0, 10.0, 0.0),
    "time runs backwards": (10.0, 9.0, 0.0),
}


@pytest.mark.parametrize(("first", "second", "share"), STEPS.values(), ids=STEPS.keys())
def test_smooth_keeps_the_share_of_the_past_that_the_time_leaves(first, second, share) -> None:
    smoother = Smoother()
    smoother.smooth(evidence(cup=ONE), 0.25, first)
    after = smoother.smooth(evidence(cup=ZERO), 0.25, second)
    assert after.fused == pytest.approx([share], abs=1e-5)
    assert after.familiarity == pytest.approx([10 * share], abs=1e-4)
    assert after.image == pytest.approx([ZERO]), "what is told of a frame is its own"


def test_twice_the_frames_smooth_as_much_in_the_same_time() -> None:
    slow, fast = Smoother(), Smoother()
    slow.smooth(evidence(cup=ONE), 0.3, 0.0)
    fast.smooth(evidence(cup=ONE), 0.3, 0.0)
    fast.smooth(evidence(cup=ZERO), 0.3, 0.05)
    np.testing.assert_allclose(
        fast.smooth(evidence(cup=ZERO), 0.3, 0.1).fused,
        slow.smooth(evidence(cup=ZERO), 0.3, 0.1).fused,
        rtol=1e-5,
    )


def test_labels_that_come_have_no_past_and_labels_keep_theirs_when_the_order_changes() -> None:
    smoother = Smoother()
    smoother.smooth(evidence(cat=ONE, cup=ZERO), 0.5, None)
    after = smoother.smooth(evidence(bird=ONE, cup=ZERO, cat=ZERO), 0.5, None)
    assert after.labels == ("bird", "cup", "cat")
    assert after.fused == pytest.approx([ONE, ZERO, 0.5])


def test_reset_forgets_the_past() -> None:
    smoother = Smoother()
    smoother.smooth(evidence(cup=ONE), 0.5, 1.0)
    smoother.reset()
    assert smoother.smooth(evidence(cup=ZERO), 0.5, 1.01).fused == pytest.approx([ZERO])


def test_zero_is_off_and_nothing_learned_is_smoothed_too() -> None:
    smoother = Smoother()
    smoother.smooth(evidence(cup=ONE), 0.0, None)
    assert smoother.smooth(evidence(cup=ZERO), 0.0, None).fused == pytest.approx([ZERO])
    assert smoother.smooth(evidence(), 0.5, None).labels == ()


def scores(unknown: float, **score: float) -> Scores:
    values = np.array(list(score.values()), np.float32)
    return Scores(tuple(score), values, np.full(len(values), 0.5, np.float32), unknown)


def test_favour_raises_the_odds_and_the_shares_still_sum_to_one() -> None:
    before = scores(0.2, cup=0.3, cat=0.5)
    after = favour(before, "cup")
    assert after.score.sum() + after.unknown == pytest.approx(1, abs=1e-6)
    odds_before, odds_after = (s.score[0] / (1 - s.score[0]) for s in (before, after))
    assert odds_after == pytest.approx(HOLD_ODDS * odds_before, rel=1e-5)
    assert after.score[1] / after.unknown == pytest.approx(0.5 / 0.2, rel=1e-5)
    assert before.score == pytest.approx([0.3, 0.5]), "the scores given are not changed"


@pytest.mark.parametrize("held", [None, "dog"], ids=["nothing", "a label that is gone"])
def test_favour_leaves_the_scores_where_no_label_of_theirs_is_held(held) -> None:
    before = scores(0.2, cup=0.3, cat=0.5)
    assert favour(before, held) is before


ROOT = Path(__file__).parents[2]


def worked_example():
    """The tool that the numbers of docs/scoring.md come from."""
    place = ROOT / "tools" / "smoothing_example.py"
    spec = importlib.util.spec_from_file_location("smoothing_example", place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_worked_example_of_the_documentation_is_what_the_code_does() -> None:
    tool, text = worked_example(), (ROOT / "docs" / "scoring.md").read_text(encoding="utf-8")
    section = text[text.index("### Over time") : text.index("### Negative examples")]
    rows = re.findall(r"(\.\d{3})\D* · (\.\d{3}) \| \D*(\.\d{3}) · (\.\d{3}) \| (\.\d{3})", section)
    second = tool.example()[1]
    for row, scores in zip(rows, (second.plain, second.smooth, second.held), strict=True):
        expected = (
            scores.score[0],
            scores.threshold[0],
            scores.score[1],
            scores.threshold[1],
            scores.unknown,
        )
        assert [float(value) for value in row] == pytest.approx(expected, abs=6e-4)
    changes = [
        sum(a != b for a, b in itertools.pairwise(int(getattr(f, kind).score.argmax()) for f in frames))
        for frames in [tool.play(tool.scene())]
        for kind in ("plain", "smooth", "held")
    ]
    assert re.findall(r"(\d) times", section) == [str(count) for count in changes]
    ahead = tool.play([tool.evidence(1.0, 0.8), tool.evidence(0.9, 1.4)])[1]
    assert ahead.held.score.argmax() == 1
