# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Letters: drawn alike each time, and in other faces where it is asked."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest

from tools.eval_bar import letters
from tools.eval_bar.letters import Letters
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.types.errors import VfrtError


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "LETTERS", "AB")
    monkeypatch.setattr(letters, "FACES", letters.FACES[::5])
    monkeypatch.setattr(letters, "LEARNED", 3)
    monkeypatch.setattr(letters, "ASKED", 2)


def test_a_seed_gives_the_same_letters(few: None) -> None:
    encoders = load_encoders("fake")
    once, again, other = (Letters(encoders, ("{label}",), seed).split(0) for seed in (1, 1, 2))
    assert np.array_equal(once.train, again.train)
    assert not np.array_equal(once.train, other.train)
    assert once.train.shape[0] == len(once.train_labels) == 2 * 3 * letters.DRAWN
    assert once.test.shape[0] == len(once.test_labels) == 2 * 2 * letters.DRAWN
    assert once.labels == ("the letter A", "the letter B")


def test_no_picture_is_learned_and_asked_and_each_seed_chooses_other_faces(few: None) -> None:
    drawn = Letters(load_encoders("fake"), ("{label}",), 1)
    splits = [drawn.split(seed) for seed in range(5)]
    for split in splits:
        learned = {row.tobytes() for row in split.train}
        assert len(learned | {row.tobytes() for row in split.test}) == 2 * 5 * letters.DRAWN
    assert len({split.train.tobytes() for split in splits}) > 1


def test_a_face_without_letters_shows_the_ground_alone(few: None) -> None:
    drawn = Letters(load_encoders("fake"), ("{label}",), 1)
    whole, blank = drawn.split(0), drawn.split(0, blank=True)
    other = (whole.train != blank.train).any(axis=1).reshape(2, 3, letters.DRAWN)
    assert other[:, 0].all() and not other[:, 1:].any()
    assert np.array_equal(whole.test, blank.test)
    assert np.array_equal(drawn.split(0).train, whole.train)


def test_missing_typefaces_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(VfrtError, match="reinstall"):
        Letters(load_encoders("fake"), ("{label}",), 1)
