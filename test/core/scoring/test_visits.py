# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Frames of one visit say less than pictures that were taken apart, however they were registered."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.types.example import Change, Example
from vfrt_ros.core.types.operation import ExampleId, OperationId

LABELS, FRAMES, DIM = 20, 6, 256
NOON = 1_790_000_000.0


class Things:
    """Things of a made-up space: a place is 0.6 of a thing's spread, a frame of a place a tenth of it."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(5)
        self._centres = self._random.normal(size=(2 * LABELS, DIM))

    def frames(self, thing: int, count: int) -> np.ndarray:
        """(count, d) frames of one visit to a thing."""
        place = self._centres[thing] + 0.8 * self._random.normal(size=DIM)
        rows = place + 0.25 * self._random.normal(size=(count, DIM))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def share_of_known_called_unknown(
    seconds: float, *, together: bool = False, visits: int = 1, frames: int = FRAMES
) -> float:
    """Teach each label the frames of visits an hour apart, and see it elsewhere.

    Args:
        seconds: Between two frames of a visit.
        together: Whether the frames of a visit are one registration.
        visits: To each thing.
        frames: Of a visit.
    """
    things, examples = Things(), []
    for visit in range(LABELS * visits):
        label = visit // visits
        for frame, row in enumerate(things.frames(label, frames)):
            operation = OperationId("a", 1 + visit if together else 1 + visit * frames + frame)
            created = NOON + 3600 * visit + (0 if together else seconds * frame)
            key = ExampleId(operation, frame if together else 0)
            examples.append(Example(key, f"thing {label:02d}", row, created=created))
    rule = CalibratedRule(RecognitionSettings(memory_path=":memory:"))
    rule.apply(Change(added=tuple(examples)))
    rule.settle()
    seen = np.concatenate([things.frames(label, 1) for label in range(LABELS) for _ in range(10)])
    answers = rule.conclude_each(rule.evidence_each(seen))
    return float(
        np.mean([scores.score.max() < scores.threshold[scores.score.argmax()] for scores in answers])
    )


def test_frames_of_one_registration_do_not_make_the_same_thing_elsewhere_unknown() -> None:
    assert share_of_known_called_unknown(0.0, together=True) < 0.2


def test_nor_do_frames_that_are_registered_one_by_one_without_a_pause() -> None:
    one_by_one = share_of_known_called_unknown(5.0)
    assert one_by_one == share_of_known_called_unknown(0.0, together=True)


def test_frames_that_were_taken_apart_count_in_full() -> None:
    """So alike as these are in spite of the time between them, the thing does look like that."""
    assert share_of_known_called_unknown(600.0) > 0.8


@pytest.mark.parametrize(
    ("visits", "frames"),
    [
        pytest.param(2, 20, id="each left out as a whole"),
        pytest.param(3, 40, id="more than the fit looks at"),
        pytest.param(1, 60, id="one long one each"),
    ],
)
def test_nor_do_long_visits(visits: int, frames: int) -> None:
    assert share_of_known_called_unknown(1.0, visits=visits, frames=frames) < 0.2


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("error")
def test_labels_with_the_same_pictures_to_the_last_bit_have_scores(seed: int) -> None:
    row = np.random.default_rng(seed).normal(size=64)
    row = (row / np.linalg.norm(row)).astype(np.float32)
    rule = CalibratedRule(RecognitionSettings(memory_path=":memory:"))
    rule.apply(
        Change(
            added=tuple(
                Example(ExampleId(OperationId("a", i + 1), 0), "ab"[i % 2], row, created=NOON + i)
                for i in range(6)
            )
        )
    )
    rule.settle()
    scores = rule.conclude_each(rule.evidence_each(row[None]))[0]
    assert (scores.score > 0.01).all() and (scores.score < 1.0).all()
    assert scores.score[0] == pytest.approx(scores.score[1])
