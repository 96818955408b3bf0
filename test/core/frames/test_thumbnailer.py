# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Thumbnails made ahead of time."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest
from fixtures.pictures import picture
from fixtures.waiting import wait_for

from vfrt_ros.core.frames import thumbnailer
from vfrt_ros.core.frames.observe import look
from vfrt_ros.core.frames.thumbnailer import Thumbnailer
from vfrt_ros.core.types.observation import Observation, Quality

DEADLINE = 20.0


def seen(angle: float, quality: Quality | None = None) -> Observation:
    """An observation whose embedding has this angle, in degrees."""
    turned = np.float32([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    found = look(picture("red")).encoded(turned, None)
    return found if quality is None else Observation(turned, quality, found.small)


@pytest.fixture(autouse=True)
def alone() -> None:
    """What earlier tests left at work in the background has ended."""
    for thread in threading.enumerate():
        if thread.name == "thumbnails":
            thread.join(DEADLINE)


@pytest.fixture
def encoded(monkeypatch) -> list[np.ndarray]:
    """The pictures that were made into JPEGs."""
    pictures, really = [], cv2.imencode

    def imencode(ending, image, *rest):
        pictures.append(image)
        return really(ending, image, *rest)

    monkeypatch.setattr(cv2, "imencode", imencode)
    return pictures


def test_a_thumbnail_is_made_ahead_and_only_once(encoded) -> None:
    one = seen(0)
    Thumbnailer().expect(one)
    wait_for(lambda: one._jpeg, "the picture")
    assert one.thumbnail() == one.thumbnail() != b""
    assert [image is one.small for image in encoded] == [True]


def test_near_duplicates_and_what_is_not_worth_registering_are_not_made_ahead(encoded) -> None:
    maker = Thumbnailer()
    first, same, blurred, other = seen(0), seen(1), seen(90, Quality(0.0, 100.0)), seen(90)
    for observation in (first, same, blurred, other):
        maker.expect(observation)
    wait_for(lambda: first._jpeg and other._jpeg, "the picture")
    assert len(encoded) == 2
    assert same.thumbnail() == first.thumbnail()


def test_the_newest_comes_first_and_what_another_scene_makes_useless_is_dropped(monkeypatch) -> None:
    begun, go_on, made = threading.Event(), threading.Event(), []
    really = Observation.thumbnail

    def thumbnail(self: Observation) -> bytes:
        made.append(self)
        begun.set()
        assert go_on.wait(DEADLINE)
        return really(self)

    monkeypatch.setattr(Observation, "thumbnail", thumbnail)
    maker = Thumbnailer()
    first, dropped, older, newer = (seen(angle) for angle in (0, 90, 180, 270))
    maker.expect(first)
    assert begun.wait(DEADLINE)
    maker.expect(dropped)
    maker.clear()
    maker.expect(older)
    maker.expect(newer)
    go_on.set()
    wait_for(lambda: len(made) == 3 and made[-1]._jpeg, "the picture")
    assert made == [first, newer, older]


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_back(monkeypatch) -> None:
    monkeypatch.setattr(thumbnailer, "LINGER", 0.01)
    maker = Thumbnailer()
    for angle in (0, 90):
        one = seen(angle)
        maker.expect(one)
        thread = maker._thread
        wait_for(lambda one=one: one._jpeg, "the picture")
        wait_for(lambda: maker._thread is None, "the end of the thread")
        if thread is not None:
            thread.join(DEADLINE)
            assert not thread.is_alive()
