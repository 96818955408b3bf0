# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A plug-in's vectors, checked and brought to unit norm, so that nothing behind them has to doubt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vfrt_ros.core.types.errors import EncoderError


class _Checked:
    """The plug-in itself in everything but the vectors."""

    def __init__(self, inner: Any, normalize: bool) -> None:
        self._inner = inner
        self._normalize = normalize

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _call(self, encode: Callable[[Any], Any], inputs: Sequence[Any]) -> np.ndarray:
        vectors = np.asarray(encode(inputs), np.float32)
        expected = (len(inputs), self._inner.dim)
        if vectors.shape != expected or not np.isfinite(vectors).all():
            what = f"shape {vectors.shape}" if vectors.shape != expected else "a number that is not finite"
            raise EncoderError(
                f"encoder '{self._inner.id}': expected vectors of shape {expected}, got {what}"
            )
        if not self._normalize:
            return vectors
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


class CheckedBackbone(_Checked):
    """A backbone from elsewhere.

    Args:
        inner: the plug-in.
        normalize: bring its vectors to unit norm; false where it is known to do so itself.
    """

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`. Raises: EncoderError for a wrong shape or NaN."""
        return self._call(self._inner.encode_images, images)


class CheckedText(_Checked):
    """A text encoder from elsewhere; as `CheckedBackbone`."""

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """See `TextEncoder.encode_text`. Raises: EncoderError for a wrong shape or NaN."""
        return self._call(self._inner.encode_text, texts)


def check_members(what: str, name: str, encoder: Any, method: str) -> None:
    """Raises: EncoderError where a plug-in lacks a member that every encoder has."""
    missing = [m for m in ("id", "fingerprint", "dim", method) if not hasattr(encoder, m)]
    if missing:
        raise EncoderError(f"the plug-in {what} '{name}' lacks {', '.join(missing)}")
