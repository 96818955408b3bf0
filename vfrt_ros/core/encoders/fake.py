# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An encoder that needs no weights: colours and coarse shape, with words for the colours.

For tests, examples and measuring everything that is not an encoder. A red picture is near the text
"a photo of a red thing", far from "blue"; a text without a colour is far from every picture.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from vfrt_ros.core.encoders.fingerprint import fingerprint
from vfrt_ros.core.encoders.preprocess import check_rgb

PALETTE = {
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128), "red": (255, 0, 0),
    "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0), "cyan": (0, 255, 255),
    "magenta": (255, 0, 255), "orange": (255, 128, 0), "brown": (128, 64, 0),
}  # fmt: skip
_COLOURS = np.array(list(PALETTE.values()), np.float32)
_GRID = 4
_SHAPE = 0.3
_REACH = 60.0
DIM = len(PALETTE) + 3 * _GRID * _GRID


class _Fake:
    id = "fake"
    partner = "fake_text"
    space = "fake"
    dim = DIM

    def __init__(self, seed: int = 42, **_: Any) -> None:
        self._seed = seed
        self.fingerprint = fingerprint("fake", precision="f32", version=(1, seed))


class FakeBackbone(_Fake):
    """Pictures.

    Args:
        seed: of the vectors of texts without a colour; part of the fingerprint.
        delay: seconds that each picture takes, to play a slow encoder.
        batches: pictures that are encoded together take as long as one.
    """

    def __init__(self, seed: int = 42, delay: float = 0.0, batches: bool = False, **_: Any) -> None:
        super().__init__(seed)
        self._delay = delay
        self.batches = batches

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`."""
        if self._delay:
            time.sleep(self._delay * (1 if self.batches else len(images)))
        return np.stack([_image_vector(check_rgb(image)) for image in images]) if images else _none()


class FakeText(_Fake):
    """Text. Args: `seed`, as for `FakeBackbone`."""

    id = "fake_text"

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.encode_text`."""
        return np.stack([_text_vector(text, self._seed) for text in texts]) if texts else _none()


def _image_vector(image: np.ndarray) -> np.ndarray:
    cells = cv2.resize(image, (_GRID, _GRID), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    distance = np.linalg.norm(_COLOURS - cells.mean(0), axis=1)
    colour = np.exp(-((distance - distance.min()) / _REACH))
    shape = ((cells - cells.mean(0)) / 128).ravel()
    return _unit(np.concatenate((colour / np.linalg.norm(colour), _SHAPE * shape)))


def _text_vector(text: str, seed: int) -> np.ndarray:
    named = [word for word in re.findall(r"[a-z]+", text.lower().replace("gray", "grey")) if word in PALETTE]
    if named:
        vector = np.zeros(DIM, np.float32)
        vector[[list(PALETTE).index(word) for word in named]] = 1
        return _unit(vector)
    digest = hashlib.sha256(f"{seed}\0{text}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "little")).standard_normal(DIM)
    random[: len(PALETTE)] -= random[: len(PALETTE)].mean()
    return _unit(random)


def _unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _none() -> np.ndarray:
    return np.empty((0, DIM), np.float32)
