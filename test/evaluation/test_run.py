# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Episodes of every method, the same in one process and in several."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.eval_bar.space import Space
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders, load_encoders
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.evaluation.dataset import DatasetError, load_dataset
from vfrt_ros.evaluation.episodes import episodes
from vfrt_ros.evaluation.features import Features, embed_dataset
from vfrt_ros.evaluation.methods import METHODS, Method, ask, parse_methods
from vfrt_ros.evaluation.run import CHUNK, Plan, run

SETTINGS = RecognitionSettings(backbone="fake")
EVERY = parse_methods(METHODS)


@pytest.fixture
def encoders() -> Encoders:
    return load_encoders("fake")


@pytest.fixture
def features(split_folder: Path, encoders: Encoders) -> Features:
    return embed_dataset(load_dataset(split_folder), encoders)[1]


def test_every_method_answers_every_question(features: Features, encoders: Encoders) -> None:
    outcomes = run(Plan(EVERY, 4, (0, 2), 2, 1), features, encoders, SETTINGS)
    assert set(outcomes) == set(EVERY)
    for method, own in outcomes.items():
        assert set(own) == ({0, 2} if method.name in ("late", "calibrated", "text") else {2})
        for outcome in own[2]:
            assert (len(outcome.truth), int(outcome.known.sum())) == (24, 12)
            assert set(outcome.best) <= set(outcome.classes)
            assert outcome.decides == method.is_rule
            assert outcome.figures()["top1"] > 0.7, method


def test_episodes_are_those_of_the_seed_in_any_number_of_processes(
    features: Features, encoders: Encoders
) -> None:
    plan = Plan((Method("ncm"), Method("late")), 4, (1,), CHUNK + 1, 5)
    alone, together = (run(plan, features, encoders, SETTINGS, jobs=jobs) for jobs in (1, 2))
    other = run(Plan(plan.methods, 4, (1,), CHUNK + 1, 6), features, encoders, SETTINGS)
    for method in plan.methods:
        assert len(alone[method][1]) == CHUNK + 1
        for a, b in zip(alone[method][1], together[method][1], strict=True):
            np.testing.assert_array_equal(a.classes, b.classes)
            np.testing.assert_allclose(a.familiarity, b.familiarity, atol=1e-6)
    assert any(
        not np.array_equal(a.classes, b.classes)
        for a, b in zip(alone[Method("ncm")][1], other[Method("ncm")][1], strict=True)
    )


def test_the_late_rule_is_its_vectorised_self(features: Features, encoders: Encoders) -> None:
    for shots in (0, 1, 3):
        for episode in episodes(features, 4, shots, 2, 3):
            rule, vectorised = (
                ask(Method("late", vectorised=fast), episode, SETTINGS, encoders) for fast in (False, True)
            )
            np.testing.assert_array_equal(rule.best, vectorised.best)
            np.testing.assert_allclose(rule.familiarity, vectorised.familiarity, atol=1e-5)


def test_without_prompts_a_method_does_not_see_them(features: Features, encoders: Encoders) -> None:
    episode = next(episodes(features, 4, 2, 1, 0))
    for name in ("calibrated", "late", "ncm+text"):
        blind = Method(name, text=False)
        assert not blind.answers(0)
        usual = ask(blind, episode, SETTINGS, encoders)
        swapped = Features(
            features.labels, features.train, features.train_labels, features.test, features.test_labels,
            features.text[::-1].copy(),
        )  # fmt: skip
        other = ask(blind, next(episodes(swapped, 4, 2, 1, 0)), SETTINGS, encoders)
        np.testing.assert_array_equal(usual.familiarity, other.familiarity)
        seeing = ask(Method(name), next(episodes(swapped, 4, 2, 1, 0)), SETTINGS, encoders)
        assert not np.array_equal(seeing.familiarity, usual.familiarity), name


def test_another_space_is_the_one_that_the_rules_work_in(features: Features, encoders: Encoders) -> None:
    plan = Plan((Method("knn"),), 4, (2,), 2, 0)
    own = run(plan, features, encoders, SETTINGS)[Method("knn")][2]
    moved = run(plan, features, encoders, SETTINGS, space=Space(0.3, 0.2))[Method("knn")][2]
    for a, b in zip(own, moved, strict=True):
        np.testing.assert_array_equal(a.best, b.best)
        assert b.familiarity.min() > 0.69  # 1 − shrink, with which every cosine begins


def test_unknown_objects_may_be_left_out(features: Features, encoders: Encoders) -> None:
    episode = next(episodes(features, 4, 2, 1, 0))
    assert ask(Method("calibrated", unknowns=False), episode, SETTINGS, encoders).known.all()


def test_wrong_names_and_numbers_are_explained(features: Features, encoders: Encoders) -> None:
    assert [method.name for method in parse_methods(["ncm_text", "late", "late"])] == ["ncm+text", "late"]
    with pytest.raises(SettingError, match="Did you mean 'calibrated'"):
        parse_methods(["calibrate"])
    with pytest.raises(SettingError, match="at least one"):
        parse_methods([" "])
    with pytest.raises(DatasetError, match="2 to 8 ways"):
        run(Plan(EVERY, 9, (1,), 1, 0), features, encoders, SETTINGS)
