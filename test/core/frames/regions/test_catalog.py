# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Region sources by name, those of other packages among them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest

from vfrt_ros.core.frames.regions import catalog
from vfrt_ros.core.frames.regions.finder import RegionFinder
from vfrt_ros.core.frames.regions.motion import MotionSource
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.core.types.region import Box, Region

FRAME = np.zeros((48, 64, 3), np.uint8)


class Radar:
    """Sees more than there is room for, and beyond the picture."""

    searches = False

    def __init__(self, camera: str) -> None:
        self.camera = camera

    def propose(self, bgr: np.ndarray, stamp: float | None) -> Sequence[Region]:
        return [Region(Box(-5, 0, 20, 20), score=n / 10) for n in range(5)]

    def reset(self) -> None:
        """Nothing is remembered."""


class Halved:
    """No region source at all."""

    def __init__(self, **_: Any) -> None:
        pass


class Tracks(Radar):
    """A tracker that says -1 of what it does not follow, as many do, and counts on beyond what a message holds."""

    def propose(self, bgr: np.ndarray, stamp: float | None) -> Sequence[Region]:
        return [Region(Box(0, 0, 20, 20), id=number) for number in (-1, 7, 2**32)]


def install(monkeypatch: pytest.MonkeyPatch, what: type) -> None:
    class Point(EntryPoint):
        def load(self) -> Any:
            return what

    monkeypatch.setattr(
        catalog.metadata, "entry_points", lambda group, name: [Point(name, "radar:build", group)]
    )


@pytest.mark.parametrize("name", ["off", "topic"])
def test_where_nothing_is_looked_for_nothing_is_found(name: str) -> None:
    assert RegionFinder(name).find(FRAME, None, 20) is None


def test_our_own_are_known_by_name() -> None:
    assert isinstance(catalog.build_region_source("motion", "front"), MotionSource)
    found = RegionFinder("grid").find(FRAME, None, 2)
    assert found is not None and found.search
    assert len(found.regions) > 2, "windows are not objects yet"


def test_what_a_plug_in_finds_is_cut_and_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Radar)
    found = RegionFinder("radar", "front").find(FRAME, 1.0, 3)
    assert found is not None
    assert [(str(region.box), region.score) for region in found.regions] == [
        ("0,0,15,20", 0.2),
        ("0,0,15,20", 0.3),
        ("0,0,15,20", 0.4),
    ]


@pytest.mark.parametrize(("what", "words"), [(Halved, "searches, propose, reset"), (int, "cannot be loaded")])
def test_a_broken_plug_in_is_refused(monkeypatch: pytest.MonkeyPatch, what: type, words: str) -> None:
    install(monkeypatch, what)
    with pytest.raises(SettingError, match=words):
        RegionFinder("radar")


def test_a_source_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingError, match="radar"):
        RegionFinder("radar")


def test_a_track_that_no_message_holds_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Tracks)
    found = RegionFinder("tracks").find(FRAME, None, 20)
    assert found is not None
    assert [region.id for region in found.regions] == [0, 7, 0]
