# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Live parameters: in force on the next frame, for every value finite, and explained as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.parameters import ParameterKind
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.decision import UNKNOWN
from vfrt_ros.core.types.reason import Reason

ENCODERS = load_encoders("fake")
SCORING = (
    "alpha_fusion", "k", "neighbor_agg", "score_norm", "temporal_ema", "temperature", "open_set",
    "open_set_threshold",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def made(**changes: Any) -> Recogniser:
    settings = RecognitionSettings(**{"backbone": "fake", "memory_path": ":memory:"} | changes)
    recogniser = Recogniser(settings, encoders=ENCODERS)
    for label, colour in (("cup", "red"), ("leaf", "green"), ("rust", "brown")):
        recogniser.register(label, images=[picture(colour, variant) for variant in range(3)])
    recogniser.register("not", images=[picture("white")], negative=True)
    recogniser.set_prompts(["cup", "sky"], ["something red", ""])
    return recogniser


def shown(recogniser: Recogniser) -> list[tuple[str, float]]:
    decision = recogniser.recognise(picture("orange", 3), 100.0)
    return [(one.label, round(one.score, 5)) for one in decision.candidates]


CHANGED: dict[str, dict[str, Any]] = {
    "alpha": {"alpha_fusion": 0.1},
    "neighbours": {"k": 1},
    "aggregate": {"neighbor_agg": "max"},
    "normalisation": {"score_norm": "softmax"},
    "temperature": {"temperature": 3.0},
    "open set": {"open_set": False},
    "templates": {"prompt_templates": ["a red {label}"]},
    "rule": {"fuse": "calibrated"},
    "smoothing": {"temporal_ema": 0.0},
}


@pytest.mark.parametrize("fuse", ["late", "calibrated"])
@pytest.mark.parametrize("changes", CHANGED.values(), ids=CHANGED.keys())
def test_a_change_is_in_force_on_the_next_frame_with_smoothing_on(fuse, changes) -> None:
    recogniser = made(fuse=fuse, temporal_ema=0.9)
    for number in range(10):
        recogniser.recognise(picture("red", number), 99.0 + number / 30)
    recogniser.configure(**changes)
    fresh = made(**{"fuse": fuse, "temporal_ema": 0.9} | changes)
    assert shown(recogniser) == shown(fresh)


def test_an_explanation_is_of_the_frame_with_the_settings_of_that_frame() -> None:
    recogniser = made(temporal_ema=0.0)
    recogniser.recognise(picture("red", 9))
    before = recogniser.explain(), recogniser.explain("sky")
    for changes in (
        {"open_set": False, "alpha_fusion": 0.2},
        {"fuse": "late"},
        {"prompt_templates": ["x {label}"]},
    ):
        recogniser.configure(**changes)
        assert (recogniser.explain(), recogniser.explain("sky")) == before
    recogniser.recognise(picture("red", 9))
    assert recogniser.explain() != before[0]


EXTREMES = [
    (entry.name, value)
    for entry in RecognitionSettings.parameters().values()
    if entry.name in SCORING
    for value in (
        entry.choices
        or ((True, False) if entry.kind is ParameterKind.BOOL else ())
        or (entry.low, np.nextafter(entry.high, 0) if entry.open_high else entry.high)
    )
]


@pytest.mark.parametrize("fuse", ["late", "calibrated"])
@pytest.mark.parametrize(("name", "value"), EXTREMES)
def test_every_value_in_range_gives_numbers(fuse, name, value) -> None:
    recogniser = made(fuse=fuse, temporal_ema=0.5, **({} if name == "temporal_ema" else {name: value}))
    for other in ({}, {"open_set": False}, {"temperature": 0.01}, {"alpha_fusion": 1.0}):
        recogniser.configure(**{**other, name: value})
        for colour in ("red", "white", "black"):
            decision = recogniser.recognise(picture(colour, 5))
            json.loads(json.dumps(decision.as_dict(), allow_nan=False))
            scores = [one.score for one in decision.candidates]
            assert all(0 <= score <= 1 for score in scores)
            assert scores == sorted(scores, reverse=True)
            assert 0 <= decision.threshold <= 1
    assert all(np.isfinite(one.threshold) for one in recogniser.labels())


def test_scores_that_are_cut_at_one_stay_in_order() -> None:
    recogniser = made(fuse="late", temperature=1.0, temporal_ema=0.0, k=9, neighbor_agg="max")
    for name in ("zebra", "apple"):
        colour = {"zebra": "cyan", "apple": "blue"}[name]
        recogniser.register(name, images=[picture(colour)])
    usual = [one.label for one in recogniser.recognise(picture("cyan", 0)).candidates]
    assert usual[0] == "zebra"
    recogniser.configure(temperature=0.01)
    assert [one.label for one in recogniser.recognise(picture("cyan", 0)).candidates] == usual


@pytest.mark.parametrize("fuse", ["late", "calibrated"])
@pytest.mark.parametrize("open_set", [False, True])
def test_a_label_of_which_only_is_known_what_it_is_not_is_no_candidate(fuse, open_set) -> None:
    settings = RecognitionSettings(
        backbone="fake", memory_path=":memory:", fuse=fuse, open_set=open_set, open_set_threshold=0.0
    )
    recogniser = Recogniser(settings, encoders=ENCODERS)
    recogniser.register("cup", images=[picture("red")], negative=True)
    decision = recogniser.recognise(picture("red"))
    assert (decision.label, decision.reason) == (UNKNOWN, Reason.UNKNOWN_NOTHING_LEARNED)
    assert decision.candidates == ()
    recogniser.explain()
    recogniser.register("leaf", images=[picture("green")])
    assert [one.label for one in recogniser.recognise(picture("red")).candidates] == ["leaf"]
