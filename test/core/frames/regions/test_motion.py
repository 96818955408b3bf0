# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What moves before a standing camera, and what only seems to."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.frames.regions.motion import FIRST_LOOK, MOST_PIXELS, MotionSource, look_size
from vfrt_ros.core.types.region import Box

WIDTH, HEIGHT = 640, 480


class Camera:
    """A textured wall with a little noise; things are painted over it."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.random = np.random.default_rng(3)
        coarse = self.random.integers(90, 170, (height // 16, width // 16, 3))
        self.wall = np.kron(coarse, np.ones((16, 16, 1)))
        self.now = 0.0
        self.source = MotionSource()

    def see(
        self, *boxes: Box, gain: float = 1.0, shadow: Box | None = None, seconds: float = 1 / 30
    ) -> list[Box]:
        picture = self.wall.copy()
        if shadow is not None:
            picture[shadow.y : shadow.bottom, shadow.x : shadow.right] *= 0.7
        for box in boxes:
            picture[box.y : box.bottom, box.x : box.right] = (20, 40, 220)
        picture = picture * gain + self.random.normal(0, 2, picture.shape)
        self.now += seconds
        regions = self.source.propose(np.clip(picture, 0, 255).astype(np.uint8), self.now)
        return [region.box for region in regions]


@pytest.fixture
def camera() -> Camera:
    made = Camera()
    for _ in range(20):
        made.see()
    return made


def test_nothing_moves(camera: Camera) -> None:
    assert [camera.see() for _ in range(10)] == [[]] * 10


def test_a_thing_that_comes_in_is_one_region(camera: Camera) -> None:
    for step in range(10):
        true = Box(40 * step, 150, 100, 120)
        (found,) = camera.see(true)
        assert found.overlap(true) > 0.7


def test_two_things_are_two_regions(camera: Camera) -> None:
    one, other = Box(60, 60, 80, 80), Box(400, 300, 150, 100)
    found = camera.see(one, other)
    assert len(found) == 2
    assert found[0].overlap(other) > 0.7, "the larger one comes first"
    assert found[1].overlap(one) > 0.7


def test_a_thing_that_stands_still_is_a_region_for_some_seconds_and_then_background(camera: Camera) -> None:
    true = Box(200, 150, 120, 120)
    found = [camera.see(true, seconds=0.25) for _ in range(80)]
    assert all(len(boxes) == 1 and boxes[0].overlap(true) > 0.7 for boxes in found[:32]), "8 s"
    assert found[60:] == [[]] * 20, "15 s"


def test_a_shadow_is_none(camera: Camera) -> None:
    assert [camera.see(shadow=Box(100 + 5 * n, 100, 150, 200)) for n in range(8)] == [[]] * 8


@pytest.mark.parametrize("gain", [1.35, 0.55])
def test_when_the_light_changes_nothing_has_moved(camera: Camera, gain: float) -> None:
    assert [camera.see(gain=gain) for _ in range(15)] == [[]] * 15
    true = Box(200, 150, 120, 120)
    (found,) = camera.see(true, gain=gain)
    assert found.overlap(true) > 0.7


def test_a_speck_is_left_out(camera: Camera) -> None:
    assert camera.see(Box(300, 200, 12, 12)) == []


def test_what_covers_nearly_all_is_left_out(camera: Camera) -> None:
    assert camera.see(Box(0, 0, WIDTH, HEIGHT - 20)) == []


def test_the_first_pictures_are_the_background() -> None:
    camera = Camera()
    true = Box(200, 150, 120, 120)
    assert [camera.see(true) for _ in range(FIRST_LOOK)] == [[]] * FIRST_LOOK


def test_a_picture_of_another_size_begins_anew(camera: Camera) -> None:
    other = Camera(320, 240)
    other.source = camera.source
    assert [other.see() for _ in range(FIRST_LOOK + 2)] == [[]] * (FIRST_LOOK + 2)


def test_two_things_in_a_panorama_are_two_regions() -> None:
    camera = Camera(12800, 128)
    for _ in range(20):
        camera.see()
    above, below = Box(6000, 4, 200, 40), Box(6000, 84, 200, 40)
    found = sorted(camera.see(above, below), key=lambda box: box.y)
    assert [box.overlap(true) > 0.6 for box, true in zip(found, (above, below), strict=True)] == [True, True]


@pytest.mark.parametrize(
    "size", [(640, 480), (480, 640), (20000, 200), (200, 20000), (30000, 20), (4000, 6000)]
)
def test_a_large_picture_is_looked_at_small(size: tuple[int, int]) -> None:
    width, height = look_size(*size)
    assert width * height <= 1.05 * MOST_PIXELS
    assert min(width, height) >= 10


def test_without_stamps_it_works_too(camera: Camera) -> None:
    picture = camera.wall.astype(np.uint8)
    source = MotionSource()
    for _ in range(FIRST_LOOK + 5):
        source.propose(picture, None)
    picture = picture.copy()
    picture[150:270, 200:320] = (20, 40, 220)
    (region,) = source.propose(picture, None)
    assert region.box.overlap(Box(200, 150, 120, 120)) > 0.7
