"""Letters: drawn alike each time, readable, and by other faces where it is asked."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest

from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.errors import VfrtError
from vfrt_ros.core.evaluation.bar import letters


def test_a_seed_gives_the_same_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "LETTERS", "AB")
    monkeypatch.setattr(letters, "LEARNED", 2)
    monkeypatch.setattr(letters, "ASKED", 1)
    encoders = load_encoders("fake")
    once, again, other = (letters.letter_features(encoders, ("{label}",), seed) for seed in (1, 1, 2))
    assert np.array_equal(once.train, again.train)
    assert not np.array_equal(once.train, other.train)
    assert once.train.shape[0] == len(once.train_labels) == 2 * 2 * letters.DRAWN
    assert once.test.shape[0] == len(once.test_labels) == 2 * 1 * letters.DRAWN
    assert once.labels == ("the letter A", "the letter B")


def test_missing_typefaces_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    with pytest.raises(VfrtError, match="reinstall"):
        letters.letter_features(load_encoders("fake"), ("{label}",), 1)
