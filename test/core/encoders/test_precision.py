# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The trial of precisions: what is compared, and what is taken."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.encoders.photographs import photographs
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.runtimes.precision import PrecisionTrial, compare_precisions


class Runtime:
    """Takes so many seconds of a clock of ours, and is off by so much."""

    name = "fake"

    def __init__(self, clock: list[float], precision: str, seconds: float, error: float) -> None:
        self.precision = precision
        self._clock, self._seconds, self._error = clock, seconds, error

    def run(self, *inputs):
        self._clock[0] += self._seconds
        return (inputs[0] + np.array([[self._error, 0.0]], np.float32),)


def trial(bf16_seconds: float, bf16_error: float) -> PrecisionTrial:
    """Of f32 that takes .1 s, on two pictures."""
    clock = [0.0]
    pictures = [(np.array([row], np.float32),) for row in ([0.0, 1.0], [3.0, 4.0])]
    network = Network("n", "d", lambda: None, pictures[0], trial=lambda: pictures)
    made = {"f32": Runtime(clock, "f32", 0.1, 0.0), "bf16": Runtime(clock, "bf16", bf16_seconds, bf16_error)}
    return compare_precisions(network, made.__getitem__, ["bf16"], lambda: clock[0])


@pytest.mark.parametrize(
    ("seconds", "error", "taken"),
    [(0.05, 0.01, "bf16"), (0.05, 0.2, "f32"), (0.2, 0.0, "f32"), (0.098, 0.0, "f32"), (0.05, np.nan, "f32")],
    ids=["faster and near", "faster and far", "slower", "as fast", "no number"],
)
def test_what_is_taken(seconds: float, error: float, taken: str) -> None:
    found = trial(seconds, error)
    assert found.best == taken
    assert found.milliseconds == pytest.approx({"f32": 100.0, "bf16": 1e3 * seconds})


@pytest.mark.parametrize(
    ("milliseconds", "cosines", "taken"),
    [
        ((3.3, 2.1, 2.1), (0.9995, 0.9999), "f16"),
        ((3.3, 2.1, 2.2), (0.9995, 0.9999), "f16"),
        ((3.3, 2.1, 2.5), (0.9995, 0.9999), "bf16"),
        ((3.3, 2.1, 2.5), (0.998, 0.9999), "f16"),
        ((3.3, 2.1, 2.1), (0.998, 0.998), "f32"),
        ((3.3, 2.1, 3.3), (0.998, 0.9999), "f32"),
    ],
    ids=["as fast", "hardly slower", "slower", "only f16 agrees", "none agrees", "only the slow one agrees"],
)
def test_of_two_the_faster_one_that_agrees_is_taken_and_the_more_exact_one_where_both_are_as_fast(
    milliseconds, cosines, taken
) -> None:
    names = ("f32", "bf16", "f16")
    found = PrecisionTrial(
        dict(zip(names, milliseconds, strict=True)), dict(zip(names, (1.0, *cosines), strict=True))
    )
    assert found.best == taken


def test_the_worst_picture_counts_and_the_reason_says_so() -> None:
    found = trial(0.05, 0.2)
    assert found.cosines["f32"] == pytest.approx(1.0)
    assert found.cosines["bf16"] == pytest.approx(1 / np.hypot(1, 0.2), abs=1e-6)
    assert found.why == "measured: bf16 50.0 ms but a cosine of 0.9806 to f32, f32 100.0 ms"


def test_a_trial_comes_back_from_the_cache_as_it_was() -> None:
    found = trial(0.05, 0.01)
    assert PrecisionTrial.from_json(found.to_json()) == found


def test_there_are_photographs_to_compare_by() -> None:
    pictures = photographs()
    assert len(pictures) == 5
    assert all(picture.dtype == np.uint8 and picture.shape[2] == 3 for picture in pictures)
    assert photographs(["no such file.png"]) == []
