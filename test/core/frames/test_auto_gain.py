# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""More than 8 bits become 8: visible, true where the range is used, and steady from picture to picture."""

from __future__ import annotations

import numpy as np
import pytest

from vfrt_ros.core.frames.auto_gain import AutoGain

Samples = np.ndarray
RAMP = np.linspace(0, 1, 160 * 120).reshape(120, 160)


def thermal(low: float, high: float, hot: float = 0.0) -> Samples:
    """A scene between two counts; `hot` puts an object of that count into it."""
    counts = low + (high - low) * RAMP
    if hot:
        counts[40:80, 60:100] = hot
    return counts.astype(np.uint16)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_a_sensors_whole_range_becomes_that_of_8_bits(bits: int) -> None:
    frame = AutoGain().reduce(thermal(0, 2**bits - 1), grey=True)
    assert np.abs(frame - 255 * RAMP).max() <= 1


def test_16_bits_made_of_8_are_those_8() -> None:
    grey = (RAMP * 200).astype(np.uint8)
    np.testing.assert_array_equal(AutoGain().reduce(grey.astype(np.uint16) * 257, grey=True), grey)
    shifted = AutoGain().reduce(grey.astype(np.uint16) << 8, grey=True)
    assert np.abs(shifted.astype(int) - grey).max() <= 1


DIM = {
    "10 bits": (300, 360),
    "12 bits": (1200, 1500),
    "14 bits, a room": (7800, 8100),
    "14 bits, a wall": (8000, 8030),
    "16 bits, hundredths of a kelvin": (29_000, 29_900),
    "16 bits, dark": (60, 900),
}


@pytest.mark.parametrize(("low", "high"), DIM.values(), ids=DIM)
def test_a_dim_picture_is_seen(low: int, high: int) -> None:
    frame = AutoGain().reduce(thermal(low, high), grey=True)
    assert int(frame.max()) - int(frame.min()) >= 180
    assert 60 <= frame.mean() <= 190


def test_noise_of_a_blank_wall_stays_small() -> None:
    noise = 8000 + np.random.default_rng(0).integers(0, 3, (120, 160))
    frame = AutoGain().reduce(noise.astype(np.uint16), grey=True)
    assert int(frame.max()) - int(frame.min()) <= 2


@pytest.mark.parametrize("value", [0, 1, 77 * 257, 65535])
def test_one_value_everywhere_is_its_own_grey(value: int) -> None:
    frame = AutoGain().reduce(np.full((6, 8), value, np.uint16), grey=True)
    assert np.unique(frame).tolist() == ([value] if value < 256 else [value // 257])


def test_dead_and_hot_pixels_do_not_count() -> None:
    scene = thermal(7800, 8100)
    scene[::41, ::37] = 16383
    scene[::43, ::31] = 0
    frame = AutoGain().reduce(scene, grey=True)
    assert int(np.percentile(frame, 90)) - int(np.percentile(frame, 10)) >= 150


def test_what_comes_into_view_changes_the_rest_little() -> None:
    gain = AutoGain()
    before = gain.reduce(thermal(7800, 8100), grey=True).astype(int)
    rest = np.ones(RAMP.shape, bool)
    rest[40:80, 60:100] = False
    for number in range(60):
        after = gain.reduce(thermal(7800, 8100, hot=9500 if number % 2 else 0), grey=True).astype(int)
        assert np.abs(after - before)[rest].max() <= 6, number
        before = after


def test_the_range_goes_to_what_stays() -> None:
    gain = AutoGain()
    gain.reduce(thermal(7800, 8100), grey=True)
    for _ in range(300):
        frame = gain.reduce(thermal(7800, 8100, hot=9500), grey=True)
    fresh = AutoGain().reduce(thermal(7800, 8100, hot=9500), grey=True)
    assert np.abs(frame.astype(int) - fresh).max() <= 4


def test_another_exposure_is_followed_at_once() -> None:
    gain = AutoGain()
    gain.reduce(thermal(7800, 8100), grey=True)
    frame = gain.reduce(thermal(11_000, 11_300), grey=True)
    assert int(frame.max()) - int(frame.min()) >= 180


def test_one_picture_of_another_exposure_leaves_no_trace() -> None:
    gain = AutoGain()
    before = gain.reduce(thermal(7800, 8100), grey=True)
    gain.reduce(thermal(15_000, 15_300), grey=True)
    np.testing.assert_array_equal(gain.reduce(thermal(7800, 8100), grey=True), before)


@pytest.mark.parametrize("top", [40, 255], ids=["dim", "bright"])
def test_colours_keep_their_hue(top: int) -> None:
    colours = np.zeros((60, 80, 3), np.uint16)
    colours[...] = np.array([0.25, 0.5, 1.0]) * top * 257
    blue, green, red = AutoGain().reduce(colours, grey=False)[30, 40].tolist()
    assert red >= 150
    assert (blue / red, green / red) == pytest.approx((0.25, 0.5), abs=0.02)


def test_alpha_says_nothing_of_the_range() -> None:
    colours = np.full((60, 80, 4), 20_000, np.uint16)
    opaque = colours.copy()
    opaque[..., 3] = 65535
    np.testing.assert_array_equal(
        AutoGain().reduce(opaque, grey=False)[..., :3], AutoGain().reduce(colours, grey=False)[..., :3]
    )
