# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which examples are left out together."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.scoring import constants, fitting
from vfrt_ros.core.scoring.fitting import Snapshot, fit


def snapshot(shots: int, labels: int = 3) -> Snapshot:
    """Labels with so many examples each, no two of them near duplicates."""
    random = np.random.default_rng(shots)
    rows = random.normal(size=(labels * shots, 64)) + np.repeat(
        random.normal(size=(labels, 64)), shots, axis=0
    )
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    own = np.repeat(np.arange(labels), shots)
    return Snapshot(
        labels=tuple("abc"[:labels]),
        means=np.stack([rows[own == label].mean(axis=0) for label in range(labels)]).astype(np.float64),
        counts=np.full(labels, float(shots)),
        scatter=None,
        rows=rows,
        own=own,
        visits=np.arange(labels * shots),
        prompts=np.full((labels * shots, labels), np.nan),
        prompt_thresholds=np.zeros(labels * shots),
        shared=np.zeros(labels, bool),
        pictures=None,
    )


@pytest.mark.parametrize(
    ("shots", "left_out"),
    [
        pytest.param(2, [1, 1], id="of two examples nothing would be left"),
        pytest.param(5, [1, 2], id="one companion"),
        pytest.param(10, [1, 2, 3], id="several of many"),
    ],
)
def test_examples_are_left_out_with_their_companions(
    shots: int, left_out: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    inner = fitting.leave_one_out

    def spy(rows, own, near, **rest):  # type: ignore[no-untyped-def]
        seen.append(near)
        return inner(rows, own, near, **rest)

    monkeypatch.setattr(fitting, "leave_one_out", spy)
    some = snapshot(shots)
    fit(some)
    assert [int(np.median(near.sum(axis=1))) for near in seen] == left_out
    for near in seen:
        assert (near <= (some.own[:, None] == some.own[None])).all()


def test_the_share_of_companions_grows_with_the_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fit(snapshot(10)).calibration.coefficients
    monkeypatch.setattr(constants, "COMPANION_SHARE", 0.4)
    assert not np.allclose(fit(snapshot(10)).calibration.coefficients, before)
