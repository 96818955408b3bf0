# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Known or unknown, and the reason."""

from __future__ import annotations

import json
import math
from collections import Counter

import numpy as np
import pytest

from vfrt_ros.core.decision import decide
from vfrt_ros.core.types.decision import UNKNOWN
from vfrt_ros.core.types.evidence import Evidence, Scores
from vfrt_ros.core.types.reason import Reason

NAN = math.nan


def decision(scores: list[float], threshold: float = 0.5, unknown: float = 0.0, k_candidates: int = 5):
    labels = tuple("abcdefgh"[: len(scores)])
    array = np.array(scores, np.float32)
    image = np.array([NAN, *[0.25] * len(scores)][: len(scores)], np.float32)
    text = np.array([0.5, *[NAN] * len(scores)][: len(scores)], np.float32)
    limits = np.full(len(scores), threshold, np.float32)
    return decide(
        Evidence(labels, image, text, array, array),
        Scores(labels, array, limits, unknown),
        Counter(b=3).__getitem__,
        k_candidates=k_candidates,
        version=7,
    )


CASES = {
    "nothing learned": ([], 0.5, 0.0, UNKNOWN, Reason.UNKNOWN_NOTHING_LEARNED),
    "clear": ([0.1, 0.8], 0.5, 0.1, "b", Reason.KNOWN),
    "exactly at the threshold": ([0.5], 0.5, 0.0, "a", Reason.KNOWN),
    "just below the threshold": ([0.49, 0.1], 0.5, 0.2, UNKNOWN, Reason.UNKNOWN_LOW_SCORE),
    "torn between two": ([0.4, 0.39], 0.5, 0.2, UNKNOWN, Reason.UNKNOWN_AMBIGUOUS),
    "torn, just": ([0.4, 0.325], 0.5, 0.2, UNKNOWN, Reason.UNKNOWN_AMBIGUOUS),
    "not torn any more": ([0.4, 0.31], 0.5, 0.2, UNKNOWN, Reason.UNKNOWN_LOW_SCORE),
    "like nothing learned": ([0.2, 0.2], 0.5, 0.6, UNKNOWN, Reason.UNKNOWN_UNFAMILIAR),
    "like nothing learned, but accepted": ([0.3], 0.1, 0.7, "a", Reason.KNOWN),
    "one weak label": ([0.1], 0.5, 0.0, UNKNOWN, Reason.UNKNOWN_LOW_SCORE),
    "no threshold": ([0.0, 0.0], 0.0, 1.0, "a", Reason.KNOWN),
}


@pytest.mark.parametrize(
    ("scores", "threshold", "unknown", "label", "reason"), CASES.values(), ids=CASES.keys()
)
def test_decide(scores, threshold, unknown, label, reason) -> None:
    answer = decision(scores, threshold, unknown)
    assert (answer.label, answer.reason, answer.known) == (label, reason, reason is Reason.KNOWN)
    assert answer.score == pytest.approx(max(scores, default=0.0))
    assert answer.threshold == pytest.approx(threshold if scores else 0.0)
    assert answer.memory_version == 7


def test_candidates_come_best_first_with_their_own_evidence() -> None:
    answer = decision([0.1, 0.6, 0.3])
    assert [candidate.label for candidate in answer.candidates] == ["b", "c", "a"]
    best, _, last = answer.candidates
    assert (best.score, best.image_score, best.examples) == (pytest.approx(0.6), 0.25, 3)
    assert math.isnan(best.text_score)
    assert (last.text_score, last.examples) == (0.5, 0)
    assert math.isnan(last.image_score)


@pytest.mark.parametrize(("asked", "named"), [(1, "b"), (2, "bc"), (100, "bca")])
def test_as_many_candidates_as_asked_for_at_most(asked, named) -> None:
    answer = decision([0.1, 0.6, 0.3], k_candidates=asked)
    assert "".join(candidate.label for candidate in answer.candidates) == named


def test_equal_scores_keep_the_order_so_that_the_answer_does_not_flicker() -> None:
    answer = decision([0.5, 0.5, 0.5])
    assert [candidate.label for candidate in answer.candidates] == ["a", "b", "c"]


def test_as_dict_is_strict_json() -> None:
    told = json.loads(json.dumps(decision([0.1, 0.6]).as_dict(), allow_nan=False))
    assert told["label"] == "b"
    assert told["reason"] == "KNOWN"
    assert told["candidates"][0]["text_score"] is None
    assert told["candidates"][1] == {
        "label": "a", "score": 0.1, "image_score": None, "text_score": 0.5, "examples": 0,
    }  # fmt: skip


def test_every_reason_has_words_of_its_own() -> None:
    assert len({reason.words for reason in Reason}) == len(Reason)
