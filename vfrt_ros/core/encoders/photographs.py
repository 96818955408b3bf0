# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A few real photographs that are on every machine: those of scikit-image."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

NAMES = ("chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "astronaut.png")


def photo_folder() -> Path | None:
    """The data folder of the installed scikit-image, found without importing it; None where it is not installed."""
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        return None
    return Path(found.submodule_search_locations[0]) / "data"


def photographs(names: Sequence[str] = NAMES) -> list[np.ndarray]:
    """The photographs that can be read, (H, W, 3) uint8 RGB each; none where scikit-image is not installed."""
    folder = photo_folder()
    pictures = [cv2.imread(str(folder / name)) for name in names] if folder is not None else []
    return [np.ascontiguousarray(picture[..., ::-1]) for picture in pictures if picture is not None]
