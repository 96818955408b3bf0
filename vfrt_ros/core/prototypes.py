"""Text prototypes of the labels in memory; only what changed is encoded again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.encoders import TextEncoder
from vfrt_ros.core.memory.example import Prompts
from vfrt_ros.core.prompts import encode_cached, fill, mean_unit


class Prototypes:
    """Turns prompts into unit vectors, remembering those of the labels that it has seen."""

    def __init__(self, text: TextEncoder) -> None:
        self._text = text
        self._vectors: dict[tuple[str, ...], npt.NDArray[np.float32]] = {}

    def embed(
        self, prompts: Mapping[str, Prompts], templates: tuple[str, ...]
    ) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
        """The prototype of each label: its prompts' mean embedding, brought to unit length.

        Args:
            prompts: By label; an empty tuple stands for the templates.
            templates: With `{label}` where the label goes.

        Returns:
            The labels, and (m, d) float32, unit norm.
        """
        texts = {
            label: own or tuple(fill(template, label) for template in templates)
            for label, own in prompts.items()
        }
        missing = [key for key in dict.fromkeys(texts.values()) if key not in self._vectors]
        vectors = encode_cached(self._text, [text for key in missing for text in key])
        ends = np.cumsum([len(key) for key in missing], dtype=int)
        for key, part in zip(missing, np.split(vectors, ends[:-1]), strict=False):
            self._vectors[key] = mean_unit(part)
        rows = [self._vectors[key] for key in texts.values()]
        return tuple(texts), np.stack(rows) if rows else np.empty((0, self._text.dim), np.float32)
