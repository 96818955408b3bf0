# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The same data in a space with other cosines: narrower, and pictures apart from texts, as CLIP's are."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.evaluation.features import Features

Array = npt.NDArray[np.float32]

CLIP_BAND = (0.15, 0.30)
"""Where CLIP's cosines of pictures and texts lie."""
BAND_SHARE = 98.0
"""Percent of the cosines that the band is to hold."""


@dataclass(frozen=True, slots=True)
class Space:
    """Maps unit vectors of d numbers to d + 2, so that every cosine c becomes ``shrink · c`` plus an offset.

    The offset is ``1 − shrink`` between two pictures or two texts, and ``(1 − shrink) · apart`` between a picture
    and a text. Which is nearer to what does not change.

    Attributes:
        shrink: In (0, 1].
        apart: Cosine of the angle between the constant parts of pictures and texts, in [−1, 1].
    """

    shrink: float = 1.0
    apart: float = 1.0

    def images(self, rows: Array) -> Array:
        """(n, d) unit vectors of pictures to (n, d + 2).

        Args:
            rows: (n, d) float32, unit norm.

        Returns:
            (n, d + 2) float32, unit norm.
        """
        return self._map(rows, (1.0, 0.0))

    def texts(self, rows: Array) -> Array:
        """(n, d) unit vectors of texts to (n, d + 2).

        Args:
            rows: (n, d) float32, unit norm.

        Returns:
            (n, d + 2) float32, unit norm.
        """
        return self._map(rows, (self.apart, math.sqrt(1.0 - self.apart**2)))

    def features(self, features: Features) -> Features:
        """A data set in this space.

        Args:
            features: Of a data set, d numbers a row.

        Returns:
            The same with d + 2 numbers a row.
        """
        return replace(
            features,
            train=self.images(features.train),
            test=self.images(features.test),
            text=self.texts(features.text),
        )

    def encoders(self, encoders: Encoders) -> Encoders:
        """Encoders whose vectors are of this space; their fingerprints say so.

        Args:
            encoders: Of d numbers.

        Returns:
            The same with d + 2 numbers.
        """
        return replace(
            encoders,
            backbone=SpacedBackbone(encoders.backbone, self),
            text=SpacedText(encoders.text, self),
        )

    def _map(self, rows: Array, direction: tuple[float, float]) -> Array:
        constant = math.sqrt(1.0 - self.shrink) * np.array(direction, np.float32)
        tail = np.broadcast_to(constant, (len(rows), 2))
        return np.concatenate([math.sqrt(self.shrink) * rows, tail], axis=1).astype(np.float32)


def into_band(features: Features, band: tuple[float, float] = CLIP_BAND) -> Space:
    """The space in which 98 % of the cosines of pictures and texts lie in a band.

    Raises:
        SettingError: The cosines cannot be brought there.
    """
    cosines = features.test @ features.text.T
    rest = (100.0 - BAND_SHARE) / 2
    low, high = (float(value) for value in np.percentile(cosines, (rest, 100.0 - rest)))
    shrink = (band[1] - band[0]) / (high - low)
    if not 0.0 < shrink < 1.0:
        raise SettingError(
            f"Cosines from {low:.2f} to {high:.2f} cannot be shrunk to {band[0]} to {band[1]}."
        )
    apart = (band[0] - shrink * low) / (1.0 - shrink)
    if not -1.0 <= apart <= 1.0:
        raise SettingError(f"Cosines from {low:.2f} to {high:.2f} cannot be moved to {band[0]} to {band[1]}.")
    return Space(shrink, apart)


class _Spaced:
    """The maps that both encoders of a space share."""

    def __init__(self, inner: Any, space: Space) -> None:
        self._inner = inner
        self._space = space
        self.id = f"{inner.id} ({space.shrink:.3f}, {space.apart:.3f})"
        self.fingerprint = hashlib.sha256(f"{inner.fingerprint} {space}".encode()).hexdigest()[:16]
        self.dim = inner.dim + 2


class SpacedBackbone(_Spaced):
    """A backbone in another space."""

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`."""
        return self._space.images(self._inner.encode_images(images))


class SpacedText(_Spaced):
    """A text encoder in another space."""

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.encode_text`."""
        return self._space.texts(self._inner.encode_text(texts))
