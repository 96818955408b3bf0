# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The baselines on cases small enough to reckon by hand, and the protocol they are asked in."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.scoring.late import LateRule
from vfrt_ros.evaluation.baselines import BASELINES, class_means, gda, late
from vfrt_ros.evaluation.episodes import (
    answer_baseline,
    answer_rule,
    episodes,
    search_in,
    teach,
)
from vfrt_ros.evaluation.features import Features
from vfrt_ros.evaluation.metrics import (
    auroc,
    expected_calibration_error,
    fpr95,
    half_and_half,
    oscr,
)
from vfrt_ros.evaluation.outcome import outcome_of

EXAMPLES = np.float32([[1, 0, 0], [0.8, 0.6, 0], [0, 0, 1]])
LABELS = np.array([0, 0, 1])
TEXT = np.float32([[0.6, 0.8, 0], [0, 0.6, 0.8]])
QUERY = np.float32([[1, 0, 0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("late", [0.7 * 0.9 + 0.3 * 0.6, 0.0]),
        ("text", [0.6, 0.0]),
        ("ncm", [0.9 / np.hypot(0.9, 0.3), 0.0]),
        ("ncm+text", [0.9 / np.hypot(0.9, 0.3) + 0.25 * 0.6, 0.0]),
        ("knn", [1.0, 0.0]),
        ("tip", [1 + np.exp(-1.0) + 0.6, np.exp(-5.0)]),
    ],
)
def test_logits(name: str, expected: list[float]) -> None:
    assert BASELINES[name](EXAMPLES, LABELS, TEXT, QUERY)[0] == pytest.approx(expected, abs=1e-5)


def test_gda_is_the_linear_classifier_of_its_definition() -> None:
    means = class_means(EXAMPLES, LABELS, 2)
    centred = EXAMPLES - means[LABELS]
    scatter = centred.T @ centred
    inverse = np.trace(scatter) / 3 * np.linalg.inv(scatter + np.trace(scatter) / 3 * np.eye(3))
    expected = [QUERY[0] @ inverse @ mean - 0.5 * mean @ inverse @ mean for mean in means]
    assert gda(EXAMPLES, LABELS, TEXT, QUERY)[0] == pytest.approx(expected, abs=1e-6)


def test_gda_with_one_example_each_ranks_as_the_cosine_does() -> None:
    logits = gda(EXAMPLES[1:], np.array([0, 1]), TEXT, QUERY)[0]
    assert np.diff(logits) == pytest.approx(np.diff(EXAMPLES[1:] @ QUERY[0]), abs=1e-6)


@pytest.fixture(scope="module")
def features() -> Features:
    random = np.random.default_rng(0)

    def unit(rows: np.ndarray) -> np.ndarray:
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    things, own = random.normal(size=(8, 24)), np.repeat(np.arange(8), 6)
    shake = np.where(np.arange(24) < 4, 3.0, 0.6)
    train, test = (unit(things[own] + shake * random.normal(size=(48, 24))) for _ in range(2))
    return Features(tuple("abcdefgh"), train, own, test, own, unit(random.normal(size=(8, 24))))


class TestEpisodes:
    def test_they_are_the_same_for_the_same_seed(self, features: Features) -> None:
        one, again, other = (next(episodes(features, 4, 2, 1, seed)) for seed in (1, 1, 2))
        assert one.examples.tobytes() == again.examples.tobytes()
        assert one.examples.tobytes() != other.examples.tobytes()

    def test_every_query_is_asked_and_no_example_is(self, features: Features) -> None:
        for episode in episodes(features, 4, 3, 3):
            assert (episode.examples.shape, episode.known.shape, episode.unknown.shape) == (
                (12, 24),
                (24, 24),
                (24, 24),
            )
            assert not set(episode.strangers) & set(episode.classes)
            assert (np.bincount(episode.truth) == 6).all()

    @pytest.mark.parametrize(
        ("ways", "shots", "words"), [(9, 1, "1 to 8 ways"), (0, 1, "got 0"), (2, 7, "0 to 6 shots")]
    )
    def test_what_the_data_do_not_give_is_an_error(
        self, features: Features, ways: int, shots: int, words: str
    ) -> None:
        with pytest.raises(ValueError, match=words):
            next(episodes(features, ways, shots, 1))

    def test_the_late_rule_and_its_baseline_agree(self, features: Features) -> None:
        episode = next(episodes(features, 4, 3, 1))
        rule = LateRule(RecognitionSettings(fuse="late"), search_in(episode))
        teach(rule, episode)
        live, fast = answer_rule(rule, episode), answer_baseline(late, episode)
        assert (live.best == fast.best).all()
        assert live.familiarity == pytest.approx(fast.familiarity, abs=1e-5)

    def test_the_calibrated_rule_beats_the_late_one(self, features: Features) -> None:
        figures: dict[str, list[tuple[float, float]]] = {"late": [], "calibrated": []}
        for episode in episodes(features, 5, 4, 6):
            rule = CalibratedRule(RecognitionSettings(open_set_threshold=0.05))
            teach(rule, episode)
            for name, answers in (
                ("calibrated", answer_rule(rule, episode)),
                ("late", answer_baseline(late, episode)),
            ):
                found = outcome_of(answers, episode, decides=True).figures()
                figures[name].append((found["top1"], found["auroc"]))
        plain, learned = np.mean(figures["late"], axis=0), np.mean(figures["calibrated"], axis=0)
        assert (learned >= plain).all(), (learned, plain)


class TestMetrics:
    @pytest.mark.parametrize(
        ("known", "unknown", "area", "rate"),
        [
            pytest.param([3.0, 2.0], [1.0, 0.0], 1.0, 0.0, id="apart"),
            pytest.param([1.0, 0.0], [3.0, 2.0], 0.0, 1.0, id="the wrong way"),
            pytest.param([3.0, 1.0], [2.0, 0.0], 0.75, 0.5, id="mixed"),
        ],
    )
    def test_known_against_unknown(
        self, known: list[float], unknown: list[float], area: float, rate: float
    ) -> None:
        assert auroc(np.array(known), np.array(unknown)) == pytest.approx(area)
        assert fpr95(np.array(known), np.array(unknown)) == pytest.approx(rate)

    def test_oscr_is_top1_where_all_unknown_are_far_and_less_where_they_are_not(self) -> None:
        correct, known = np.array([True, True, False, True]), np.array([4.0, 3.0, 2.5, 2.0])
        assert oscr(known, correct, np.array([1.0, 0.0])) == pytest.approx(0.75)
        assert oscr(known, correct, np.array([9.0, 8.0])) == pytest.approx(0.0)

    def test_calibration_weighs_known_and_unknown_alike(self) -> None:
        score, right = np.array([0.9, 0.9, 0.9]), np.array([True, True, False])
        assert expected_calibration_error(score, right) == pytest.approx(0.9 - 2 / 3)
        assert expected_calibration_error(score, right, half_and_half(2, 1)) == pytest.approx(0.4)
