"""The quality gate: which frames are worth remembering."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

SHARPNESS_MIN = 15.0
BRIGHTNESS_RANGE = (20.0, 235.0)
NEAR_DUPLICATE_COSINE = 0.995


@dataclass(frozen=True, slots=True)
class Quality:
    """What the gate looks at.

    Attributes:
        sharpness: Variance of the Laplacian of the grey picture (Pech-Pacheco et al., 2000), >= 0.
        brightness: Mean grey value in [0, 255].
    """

    sharpness: float
    brightness: float

    def as_dict(self) -> dict[str, float]:
        """Rounded values, to be stored with an example."""
        return {"sharpness": round(self.sharpness, 1), "brightness": round(self.brightness, 1)}

    def fault(self) -> str | None:
        """Why the frame should not be remembered, in words; None when it should."""
        low, high = BRIGHTNESS_RANGE
        if self.brightness < low:
            return f"too dark (mean brightness {self.brightness:.0f} of 255, at least {low:.0f} is needed)"
        if self.brightness > high:
            return (
                f"overexposed (mean brightness {self.brightness:.0f} of 255, at most {high:.0f} is allowed)"
            )
        if self.sharpness < SHARPNESS_MIN:
            return f"blurred (sharpness {self.sharpness:.0f}, at least {SHARPNESS_MIN:.0f} is needed)"
        return None


def measure(small: npt.NDArray[np.uint8]) -> Quality:
    """The quality of a small (h, w, 3) uint8 BGR picture."""
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))[1][0, 0]
    return Quality(float(deviation) ** 2, cv2.mean(grey)[0])


def duplicate_of(
    embedding: npt.NDArray[np.float32],
    others: npt.NDArray[np.float32],
    *,
    least: float = NEAR_DUPLICATE_COSINE,
) -> float | None:
    """The cosine with the nearest of `others`, (n, d) unit norm, where it is a near duplicate; else None."""
    if len(others) == 0:
        return None
    nearest = float((others @ embedding).max())
    return nearest if nearest >= least else None
