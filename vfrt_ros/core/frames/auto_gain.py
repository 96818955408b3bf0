# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""More than 8 bits brought to 8, as an infrared camera's automatic gain control does."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.uint16]

SAMPLES = 8192
"""About as many values of a picture as its range is estimated from."""
TAILS = (0.5, 99.5)
"""Percentiles between which a picture's range lies: single hot or dead pixels do not count."""
DEPTHS = (8, 10, 12, 14, 16)
"""Bits that a sensor may have; the fewest that hold the largest value seen are taken."""
STRETCHED_SHARES = (1 / 4096, 1 / 1024, 1 / 8, 1 / 4)
"""Of the sensor's full range: what spans between the second and the third is stretched, what spans less than the
first (it is noise) or more than the fourth (it is visible) is not, and in between partly."""
NOISE_COUNTS = (4.0, 16.0)
"""The least counts that the first two shares stand for."""
MARGIN = 0.1
"""Of the picture's range, left free on each side for what comes into view."""
RATE, MOST = 0.05, 0.02
"""A picture moves the range by this share of what is missing, and by at most this share of the range."""
CLIPPED_SHARE = 0.5
"""Of the values: if more are out of range, the range follows at once, as another exposure or shutter began."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values that become 0 and 255."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """Counts from one to the other."""
        return self.high - self.low


class AutoGain:
    """Maps pictures of 16-bit samples to 8 bits; remembers the range of a topic, so that nothing flickers.

    Where a picture uses at least a quarter of its sensor's range, the sensor's range is mapped: a grey value
    of 10, 12, 14 or 16 bits becomes that of 8 bits. Where it uses an eighth or less (a thermal camera's scene
    spans some hundred of 16,384 counts), the picture's own range is, for grey pictures; for colours black stays
    black, so that hues stay. The range then follows slowly.

    Threads: one at a time.
    """

    def __init__(self) -> None:
        self._full = 0.0
        self._range: Range | None = None

    def reduce(self, samples: Samples, *, grey: bool) -> npt.NDArray[np.uint8]:
        """The picture in 8 bits.

        Args:
            samples: (H, W) or (H, W, c) uint16, of the machine's byte order.
            grey: Black may be moved; false keeps 0 at 0.

        Returns:
            The same shape in uint8.
        """
        some = _some_of(samples)
        self._full = max(self._full, _full_range(float(some.max())))
        self._range = self._follow(some, _wanted(some, self._full, grey=grey))
        return _mapped(samples, self._range)

    def _follow(self, some: npt.NDArray[np.float32], wanted: Range) -> Range:
        now = self._range
        if now is None or np.mean((some < now.low) | (some > now.high)) > CLIPPED_SHARE:
            return wanted
        most = MOST * now.span
        return Range(
            now.low + float(np.clip(RATE * (wanted.low - now.low), -most, most)),
            now.high + float(np.clip(RATE * (wanted.high - now.high), -most, most)),
        )


def _some_of(samples: Samples) -> npt.NDArray[np.float32]:
    """(n,) values of pixels in a grid over the picture; an odd step meets every colour of a Bayer pattern."""
    height, width = samples.shape[:2]
    step = max(1, int((height * width / SAMPLES) ** 0.5)) | 1
    colours = samples if samples.ndim == 2 else samples[..., :3]
    return colours[::step, ::step].ravel().astype(np.float32)


def _full_range(peak: float) -> float:
    """The largest value of the sensor with the fewest bits that gives `peak`."""
    return next(float(2**bits - 1) for bits in DEPTHS if peak < 2**bits)


def _wanted(some: npt.NDArray[np.float32], full: float, *, grey: bool) -> Range:
    """The range that this picture alone would have."""
    low, high = (float(value) for value in np.percentile(some, TAILS))
    low = low if grey else 0.0
    share = _stretched(high - low, full)
    margin = MARGIN * (high - low)
    start = max(0.0, low - margin) if grey else 0.0
    return Range(share * start, share * (high + margin) + (1 - share) * full)


def _stretched(span: float, full: float) -> float:
    """How far a picture of this span is stretched, 0 to 1."""
    noise = [max(least, share * full) for least, share in zip(NOISE_COUNTS, STRETCHED_SHARES, strict=False)]
    wide = [max(noise[1], share * full) for share in STRETCHED_SHARES[2:]]
    return float(np.interp(span, [*noise, *wide], [0.0, 1.0, 1.0, 0.0]))


def _mapped(samples: Samples, into: Range) -> npt.NDArray[np.uint8]:
    if into.low >= 1:
        samples = cv2.subtract(samples, (round(into.low),) * 4)
    scale = 255 / max(1.0, into.high - round(into.low))
    return np.asarray(cv2.convertScaleAbs(samples, alpha=scale), dtype=np.uint8)
