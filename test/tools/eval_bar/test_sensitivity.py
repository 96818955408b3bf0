# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Half and twice of each constant: what is put in its place, that it is put back, and what a row tells."""

from __future__ import annotations

import numpy as np
import pytest

from tools.eval_bar.material import Material
from tools.eval_bar.sensitivity import NOT_ABOUT_SCORES, Constant, every_constant, sensitivity
from vfrt_ros.core.scoring import constants
from vfrt_ros.evaluation.features import Features


@pytest.mark.parametrize(
    ("constant", "factor", "value"),
    [
        (Constant("SHARPNESS"), 0.5, 3.0),
        (Constant("METRIC_RANK"), 2.0, 512),
        (Constant("FAIR_SHARE"), 2.0, 1.0),
        (Constant("FAMILIARITY_MEAN", 1), 2.0, [3.0, 2.0, 1.0, 1.0, 2.0]),
        (Constant("OWN_DISTANCE"), 2.0, [1.2, 1.7, 2.2, 2.8, 3.8]),
    ],
    ids=["a number", "a count", "a share ends at 1", "one of an array", "a distribution as a whole"],
)
def test_a_constant_has_another_value_and_its_own_afterwards(constant, factor, value) -> None:
    before = np.copy(getattr(constants, constant.name))
    with pytest.raises(RuntimeError), constant.times(factor):
        assert np.asarray(getattr(constants, constant.name)) == pytest.approx(np.asarray(value))
        raise RuntimeError
    np.testing.assert_array_equal(getattr(constants, constant.name), before)


def test_every_number_is_tried() -> None:
    names = {name for name in vars(constants) if name.isupper()}
    assert {one.name for one in every_constant()} == names - set(NOT_ABOUT_SCORES)
    assert [str(one) for one in every_constant() if one.name == "FAMILIARITY_MEAN"] == [
        f"FAMILIARITY_MEAN[{part}]" for part in range(5)
    ]


def material() -> Material:
    random = np.random.default_rng(3)
    things = random.normal(size=(6, 24))
    labels = np.repeat(np.arange(6), 8)

    def unit(rows: np.ndarray) -> np.ndarray:
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    train, test = (unit(things[labels] + random.normal(size=(48, 24))) for _ in range(2))
    features = Features(tuple("abcdef"), train, labels, test, labels, unit(things))
    return Material("made up", features, unit(random.normal(size=(40, 24))), None, ways=4, shots=(5,))


def test_a_row_tells_what_changes_and_that_nothing_does() -> None:
    rows = list(sensitivity(material(), 2, [Constant("SHARPNESS"), Constant("NEGATIVE_PENALTY")]))
    assert [row[0] for row in rows] == ["SHARPNESS", "NEGATIVE_PENALTY"]
    assert rows[0][1] != "nothing changes"
    assert rows[1][1:3] == ("nothing changes", "nothing changes")
