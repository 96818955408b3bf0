# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Cameras tried side by side: order, patience, and what is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from core.sources.fakes import FakeSource, picture

from vfrt_ros.core.sources.find_camera import CameraSearch
from vfrt_ros.core.sources.source import Frame, Source
from vfrt_ros.core.types.errors import SourceError

DEADLINE = 10.0


class Cameras:
    """Cameras by path: a source, an error, or a callable that may hang."""

    def __init__(self, **cameras: Source | Exception | Callable[[], Source]) -> None:
        self.cameras = cameras
        self.tried: list[str] = []
        self.said: list[str] = []

    def open(self, path: str) -> Source:
        self.tried.append(path)
        camera = self.cameras[path]
        if isinstance(camera, Exception):
            raise camera
        return camera if isinstance(camera, Source) else camera()

    def search(self, seconds: float = DEADLINE) -> CameraSearch:
        return CameraSearch(self.open, self.said.append, seconds)


def good() -> FakeSource:
    return FakeSource([Frame(picture())])


def test_the_first_that_delivers_is_taken_and_the_others_are_closed() -> None:
    one, two, silent = good(), good(), FakeSource([])
    cameras = Cameras(a=SourceError("busy."), b=silent, c=one, d=two)
    assert cameras.search().find(["a", "b", "c", "d"]) is one
    assert not one.closed.is_set()
    assert two.closed.wait(DEADLINE) and silent.closed.is_set()
    assert cameras.said == ["Source auto: busy.", "Source auto: The fake camera delivers no more frames."]


def test_none_is_found_among_none() -> None:
    assert Cameras().search().find([]) is None


def test_all_are_tried_at_the_same_time() -> None:
    together = threading.Barrier(3)

    def meet() -> Source:
        together.wait(DEADLINE)
        return good()

    assert Cameras(a=meet, b=meet, c=meet).search().find(["a", "b", "c"]) is not None


def test_one_that_hangs_is_told_not_tried_again_and_closed_when_it_wakes() -> None:
    go, late, second = threading.Event(), good(), good()

    def hang() -> Source:
        go.wait(DEADLINE)
        return late

    cameras = Cameras(a=hang, b=second)
    search = cameras.search(seconds=0.2)
    assert search.find(["a", "b"]) is second
    assert cameras.said == ["Source auto: Camera a delivers no frame within 0.2 s."]
    assert search.find(["a"]) is None
    assert cameras.tried.count("a") == 1
    go.set()
    assert late.closed.wait(DEADLINE)


def test_the_same_fault_is_told_once() -> None:
    cameras = Cameras(a=SourceError("busy."))
    search = cameras.search()
    assert [search.find(["a"]) for _ in range(3)] == [None, None, None]
    assert cameras.said == ["Source auto: busy."]


def test_a_bug_is_no_camera_that_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        Cameras(a=ZeroDivisionError("a bug")).search().find(["a"])
