# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which examples a fit looks at where there are too many for it."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.scoring.sample import sample


def visits(*sizes: int) -> np.ndarray:
    """The visits of one label, of so many examples each."""
    return np.repeat(np.arange(len(sizes)), sizes)


def test_a_small_memory_is_looked_at_whole() -> None:
    assert [chosen.tolist() for chosen in sample([visits(2, 1), visits(3)], 6)] == [[0, 1, 2], [0, 1, 2]]


def test_visits_are_chosen_whole_and_over_all_the_time() -> None:
    every = [visits(*[5] * 9) for _ in range(4)]
    for chosen, own in zip(sample(every, 60), every, strict=True):
        assert (np.bincount(own[chosen], minlength=9) > 0).nonzero()[0].tolist() == [0, 4, 8]
        assert len(chosen) == 15


def test_what_a_small_label_does_not_need_the_others_have() -> None:
    sizes = [len(chosen) for chosen in sample([visits(1), *[visits(*[1] * 100)] * 3], 31)]
    assert sizes == [1, 10, 10, 10]


def test_where_one_visit_of_each_is_too_much_some_labels_have_one() -> None:
    chosen = sample([visits(50, 50) for _ in range(40)], 200)
    assert sorted({len(one) for one in chosen}) == [0, 50]
    assert [number for number, one in enumerate(chosen) if len(one)] == [0, 13, 26, 39]


@pytest.mark.parametrize(
    "every",
    [
        pytest.param([visits(100_000)], id="one endless visit"),
        pytest.param([visits(*[1] * 9, 9_000) for _ in range(30)], id="visits of very different length"),
        pytest.param([visits(*[1] * 100_000)], id="one label with very many"),
        pytest.param([visits(1)] * 5_000, id="very many labels"),
        pytest.param([visits(600)] * 40, id="very long ones"),
    ],
)
def test_it_stays_about_as_large_as_asked_for(every: list[np.ndarray]) -> None:
    chosen = sample(every, 1024)
    assert 30 <= sum(len(one) for one in chosen) <= 1536
    assert all(len(np.unique(one)) == len(one) for one in chosen)
    assert all((np.diff(one) > 0).all() for one in chosen)
