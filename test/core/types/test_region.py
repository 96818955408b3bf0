# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Boxes as others send them: cut, left out and counted."""

from __future__ import annotations

from collections import Counter

import pytest

from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.region import Box, Region, RegionFault, check_box, check_regions

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("given", "box"),
    [
        pytest.param((10, 20, 30, 8), Box(10, 20, 30, 8), id="inside"),
        pytest.param((-10, -20, 30, 40), Box(0, 0, 20, 20), id="over the upper left corner"),
        pytest.param((60, 40, 30, 40), Box(60, 40, 4, 8), id="over the lower right corner"),
        pytest.param((-9, -9, 999, 999), Box(0, 0, 64, 48), id="around the picture"),
        pytest.param((1.2, 1.8, 2.1, 2.1), Box(1, 1, 3, 3), id="parts of pixels"),
        pytest.param((0, 0, 1e300, 1e300), Box(0, 0, 64, 48), id="as large as numbers get"),
        pytest.param((-1e300, 0, 1e308, 1.0), Box(0, 0, 64, 1), id="from one end of the world to the other"),
        pytest.param((63.5, 47.5, 0.1, 0.1), Box(63, 47, 1, 1), id="within one pixel"),
    ],
)
def test_a_box_is_cut_to_the_picture(given: tuple[float, ...], box: Box) -> None:
    checked = check_regions([(*given, 7, 0.25)], 64, 48, 20)
    assert checked.regions == (Region(box, 7, 0.25),)
    assert not checked.faults


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        pytest.param((64, 0, 5, 5, 0, 0.5), RegionFault.OUTSIDE, id="right of the picture"),
        pytest.param((0, -5, 5, 5, 0, 0.5), RegionFault.OUTSIDE, id="above the picture"),
        pytest.param((1e300, 0, 5, 5, 0, 0.5), RegionFault.OUTSIDE, id="far away"),
        pytest.param((3, 3, 0, 5, 0, 0.5), RegionFault.EMPTY, id="no width"),
        pytest.param((3, 3, 5, -1, 0, 0.5), RegionFault.EMPTY, id="negative height"),
        pytest.param((NAN, 3, 5, 5, 0, 0.5), RegionFault.NOT_FINITE, id="NaN"),
        pytest.param((3, 3, INF, 5, 0, 0.5), RegionFault.NOT_FINITE, id="infinite"),
    ],
)
def test_what_cannot_be_used_is_left_out_by_kind(given: tuple[float, ...], fault: RegionFault) -> None:
    good = (1, 1, 5, 5, 0, 0.5)
    checked = check_regions([given, good], 64, 48, 20)
    assert checked.regions == (Region(Box(1, 1, 5, 5), 0, 0.5),)
    assert checked.faults == Counter({fault: 1})
    assert fault.words


@pytest.mark.parametrize(("score", "taken"), [(NAN, 0.0), (INF, 1.0), (-3.0, 0.0), (7.0, 1.0)])
def test_a_strange_score_costs_no_region(score: float, taken: float) -> None:
    checked = check_regions([(1, 1, 5, 5, 0, score)], 64, 48, 20)
    assert [region.score for region in checked.regions] == [taken]
    assert checked.faults == (Counter({RegionFault.NO_SCORE: 1}) if score != score else Counter())


def test_of_too_many_the_best_are_kept_in_their_order() -> None:
    flood = [(0, 0, 5, 5, n, (n * 7919 % 10_000) / 10_000) for n in range(10_000)]
    checked = check_regions(flood, 64, 48, 20)
    kept = [region.id for region in checked.regions]
    assert kept == sorted(kept)
    assert {round(region.score, 4) for region in checked.regions} == {n / 10_000 for n in range(9980, 10_000)}
    assert checked.faults == Counter({RegionFault.TOO_MANY: 9980})


def test_without_scores_the_first_are_kept() -> None:
    checked = check_regions([(0, 0, 5, 5, n, 0.0) for n in range(1, 6)], 64, 48, 3)
    assert [region.id for region in checked.regions] == [1, 2, 3]


def test_a_box_that_a_person_gave_is_refused_with_its_reason() -> None:
    assert check_box((60, 0, 20, 20), 64, 48) == Box(60, 0, 4, 20)
    with pytest.raises(RequestError, match=r"99,0,5,5 .* outside the picture.*64x48"):
        check_box((99, 0, 5, 5), 64, 48)


def test_the_overlap_of_boxes() -> None:
    box = Box(0, 0, 10, 10)
    assert [
        box.overlap(other) for other in (box, Box(20, 0, 5, 5), Box(0, 0, 10, 5), Box(10, 0, 10, 10))
    ] == [
        1.0,
        0.0,
        0.5,
        0.0,
    ]
