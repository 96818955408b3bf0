# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Text prototypes of the labels in memory; only what changed is encoded again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.encoders import TextEncoder
from vfrt_ros.core.scoring.prompts import embed_groups, texts_of
from vfrt_ros.core.types.example import Prompts


class Prototypes:
    """Turns prompts into unit vectors, remembering those that it has seen."""

    def __init__(self, text: TextEncoder) -> None:
        self._text = text
        self._vectors: dict[tuple[str, ...], npt.NDArray[np.float32]] = {}

    def embed(
        self, prompts: Mapping[str, Prompts], templates: tuple[str, ...]
    ) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
        """The prototype of each label: the mean embedding of its texts, brought back to unit norm.

        Args:
            prompts: By label; an empty tuple stands for the templates.
            templates: With `{label}` where the label goes.

        Returns:
            The labels, and (m, d) float32, rows of unit norm.
        """
        groups = [texts_of(label, own, templates) for label, own in prompts.items()]
        missing = [group for group in dict.fromkeys(groups) if group not in self._vectors]
        self._vectors |= dict(zip(missing, embed_groups(self._text, missing), strict=True))
        rows = [self._vectors[group] for group in groups]
        return tuple(prompts), np.stack(rows) if rows else np.empty((0, self._text.dim), np.float32)
