# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An observation: one frame after encoding, and how good its picture is."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.types.rejection import Rejection, RejectionCode

SHARPNESS_MIN = 15.0
BRIGHTNESS_RANGE = (20.0, 235.0)


@dataclass(frozen=True, slots=True)
class Quality:
    """The measures that the quality gate looks at.

    Attributes:
        sharpness: Variance of the Laplacian of the grey picture (Pech-Pacheco et al., 2000), >= 0.
        brightness: Mean grey value in [0, 255].
    """

    sharpness: float
    brightness: float

    def as_dict(self) -> dict[str, float]:
        """Rounded values, to be stored with an example."""
        return {"sharpness": round(self.sharpness, 1), "brightness": round(self.brightness, 1)}

    def rejection(self) -> Rejection | None:
        """Why the frame should not be remembered; None when it should."""
        low, high = BRIGHTNESS_RANGE
        brightness = f"mean brightness {self.brightness:.0f} of 255"
        if self.brightness < low:
            return Rejection.measured(RejectionCode.TOO_DARK, f"{brightness}, at least {low:.0f} is needed")
        if self.brightness > high:
            return Rejection.measured(
                RejectionCode.OVEREXPOSED, f"{brightness}, at most {high:.0f} is allowed"
            )
        if self.sharpness < SHARPNESS_MIN:
            sharpness = f"sharpness {self.sharpness:.0f}, at least {SHARPNESS_MIN:.0f} is needed"
            return Rejection.measured(RejectionCode.BLURRED, sharpness)
        return None


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
    """A small (h, w, 3) uint8 BGR picture as JPEG; empty where OpenCV cannot write it.

    Args:
        small: (h, w, 3) uint8 BGR.
    """
    done, buffer = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return buffer.tobytes() if done else b""
