# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Ready embeddings: files that are made here, and what is done with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.eval_bar.accuracy import GDA, METHODS, OURS, TEXT, clip_checks
from tools.eval_bar.bar import _settings
from tools.eval_bar.clip import MODELS, NOUNS, PICTURES, clip_sets
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.evaluation.dataset import DatasetError
from vfrt_ros.evaluation.run import Plan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(5)
    things = random.normal(size=(6, 32))
    labels = np.repeat(np.arange(6), 9)
    names = np.array(list("abcdef"))
    for model in MODELS.values():
        images = (things[labels] + random.normal(size=(54, 32))).astype(np.float16)
        np.savez(tmp_path / PICTURES.format(model), images=images, labels=labels, names=names, text=things)
    words = np.array(["dog", "cup", "unheard-of", *"ghijklmn"])
    np.savez(tmp_path / NOUNS, text=random.normal(size=(len(words), 32)), names=words)
    return tmp_path


def test_classes_are_halved_and_only_known_nouns_are_the_background(folder: Path) -> None:
    first, *others = clip_sets(folder, seed=0)
    assert np.bincount(first.features.train_labels).tolist() == [5] * 6
    assert np.bincount(first.features.test_labels).tolist() == [4] * 6
    assert first.background is not None and first.background.shape == (1, 32)  # "dog" is one, "cup" is none
    assert [one.background for one in others] == [None] * len(MODELS)
    np.testing.assert_allclose(np.linalg.norm(first.features.test, axis=1), 1.0, rtol=1e-6)


def test_methods_that_need_prompts_are_left_out_where_there_are_none(folder: Path) -> None:
    settings = RecognitionSettings(memory_path=":memory:")
    plan = Plan(METHODS, 4, (1, 2, 5), 2, seed=0)
    first, second, *_ = clip_sets(folder, seed=0)
    assert TEXT in first.run(plan, settings)
    found = second.run(plan, settings)
    assert TEXT not in found and {OURS, GDA} <= set(found)
    assert all(len(own[shots]) == 2 for own in found.values() for shots in plan.shots)
    checks = clip_checks(_settings(second.name, plan, found), promised=0.05)
    assert {check.point for check in checks} == {1, 2, 3}
    assert all(np.isfinite(check.figure) for check in checks)


def test_a_file_that_is_missing_is_named(folder: Path) -> None:
    (folder / NOUNS).unlink()
    with pytest.raises(DatasetError, match=NOUNS):
        clip_sets(folder, seed=0)
