"""A frame that was looked at: its embedding, how good it is, and the recent ones kept for registering."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.quality import Quality, measure
from vfrt_ros.core.types.errors import FrameError

SMALL_SIDE = 256
"""Short side, in pixels, of the picture kept of a frame: enough to see it, and to embed it again."""
MOST_PIXELS = 256 * 1024
LONG_SIDE = 8192
"""Its pixels and its long side at most, which only panoramas reach: its JPEG stays below `LARGEST_THUMBNAIL`."""
RING_LENGTH = 64
COARSE = (32, 24)
"""Width and height of what two frames are compared by."""
CUT_CORRELATION = 0.4
CUT_DIFFERENCE = 12.0
"""Two frames in a row that correlate less, and differ more (in grey levels), show different scenes."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One frame after encoding.

    Attributes:
        embedding: (d,) float32, unit norm.
        quality: What the quality gate measured.
        small: (h, w, 3) uint8 BGR, short side at most 256, 0.26 megapixels at most.
        stamp: Seconds; None where the caller gave none.
    """

    embedding: npt.NDArray[np.float32] = field(repr=False)
    quality: Quality
    small: npt.NDArray[np.uint8] = field(repr=False)
    stamp: float | None = None
    _jpeg: list[bytes] = field(default_factory=list, init=False, repr=False)

    def thumbnail(self) -> bytes:
        """The small picture as JPEG; made once, by whoever asks first."""
        if not self._jpeg:
            self._jpeg.append(jpeg_of(self.small))
        return self._jpeg[0]


def jpeg_of(small: npt.NDArray[np.uint8]) -> bytes:
    """A small (h, w, 3) uint8 BGR picture as JPEG; empty where OpenCV cannot write it."""
    done, buffer = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return buffer.tobytes() if done else b""


def check_frame(bgr: npt.NDArray[np.uint8]) -> None:
    """Refuse what is no picture.

    Raises:
        FrameError: Not (H, W, 3) uint8, or empty.
    """
    shape, dtype = getattr(bgr, "shape", None), getattr(bgr, "dtype", type(bgr).__name__)
    if dtype != np.uint8 or shape is None or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise FrameError("shape", f"A frame must be (H, W, 3) uint8 BGR with H, W > 0; got {shape} {dtype}.")


def shrink(bgr: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The picture with its short side at most 256 pixels and at most 0.26 megapixels; always a copy.

    By a whole factor over areas, then linearly the less than twofold rest: an eighth of the time of one step
    over areas, and as sharp where it matters, on blurred pictures.
    """
    height, width = bgr.shape[:2]
    factor = max(
        min(height, width) / SMALL_SIDE,
        (height * width / MOST_PIXELS) ** 0.5,
        max(height, width) / LONG_SIDE,
    )
    if factor <= 1:
        return bgr.copy()
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    if min(height, width) < factor:
        return np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    return _reduce(bgr, int(factor), size)


def observe(
    bgr: npt.NDArray[np.uint8], embedding: npt.NDArray[np.float32], stamp: float | None
) -> Observation:
    """An observation of a checked frame with its embedding."""
    small = shrink(bgr)
    return Observation(embedding, measure(small), small, stamp)


class RecentFrames:
    """The newest observations of the scene in view, at most 64; a cut to another scene empties it."""

    def __init__(self) -> None:
        self._frames: deque[Observation] = deque(maxlen=RING_LENGTH)
        self._grey: npt.NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, observation: Observation) -> bool:
        """Keep an observation.

        Returns:
            True when it shows another scene than the one before it.
        """
        grey = _coarse_grey(observation.small)
        cut = self._grey is not None and _is_cut(self._grey, grey)
        self._grey = grey
        if cut:
            self._frames.clear()
        self._frames.append(observation)
        return cut

    def newest(self, count: int) -> list[Observation]:
        """The newest `count` observations of the scene in view at most, oldest first."""
        return list(self._frames)[-count:] if count > 0 else []

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
        self._grey = None


def _reduce(image: npt.NDArray[np.uint8], whole: int, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Resize to a (width, height): by a whole factor over areas, the rest linearly."""
    if whole > 1:
        low, narrow = image.shape[0] // whole, image.shape[1] // whole
        covered = image[: low * whole, : narrow * whole]
        image = cv2.resize(covered, (narrow, low), interpolation=cv2.INTER_AREA)
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


def _coarse_grey(small: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(24, 32) float32 grey levels."""
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    width, height = COARSE
    whole = min(grey.shape[0] // height, grey.shape[1] // width)
    return _reduce(grey, whole, COARSE).astype(np.float32)


def _is_cut(before: npt.NDArray[np.float32], after: npt.NDArray[np.float32]) -> bool:
    """Whether two coarse grey pictures show different scenes; the same blank wall twice is no cut."""
    one, other = before - before.mean(), after - after.mean()
    variances = float(np.vdot(one, one)) * float(np.vdot(other, other))
    correlation = float(np.vdot(one, other)) / max(variances**0.5, float(one.size))
    difference = cv2.norm(before, after, cv2.NORM_L1) / one.size
    return correlation < CUT_CORRELATION and difference > CUT_DIFFERENCE
