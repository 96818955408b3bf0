# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The fusion rules that the settings name, ready for a memory and its encoders."""

from __future__ import annotations

import hashlib

import numpy as np

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Backbone, Encoders, cache
from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.scoring.background import BACKGROUND_PROMPTS, background_pictures
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.scoring.late import LateRule
from vfrt_ros.core.scoring.prompts import encode_cached
from vfrt_ros.core.scoring.rule import FusionRule

_KIND = "background"


class Rules:
    """Makes rules; what needs an encoder is encoded once, so that a rule can be made anew without one.

    Args:
        encoders: Of the memories that the rules are for.
    """

    def __init__(self, encoders: Encoders) -> None:
        self._encoders = encoders
        self._background: tuple[np.ndarray | None, np.ndarray] | None = None

    def prepare(self, fuse: str) -> None:
        """Encode what a rule of this name needs.

        Args:
            fuse: Name of the rule, `calibrated` or `late`.

        Raises:
            EncoderError: It cannot be encoded.
        """
        if fuse == "calibrated":
            self._prepared()

    def make(self, settings: RecognitionSettings, memory: Memory) -> FusionRule:
        """An empty rule: examples and prototypes are still to be given to it.

        Args:
            settings: `fuse` names the rule; it reads the others.
            memory: Which the late rule searches.

        Raises:
            EncoderError: What it needs cannot be encoded.
        """
        if settings.fuse == "late":
            return LateRule(settings, memory.search_rows, memory.table)
        return self.calibrated(settings, memory.table)

    def calibrated(
        self, settings: RecognitionSettings, examples: ExampleTable | None = None
    ) -> CalibratedRule:
        """An empty calibrated rule over the examples of a memory; None = over those that it is given.

        Raises:
            EncoderError: What it needs cannot be encoded.
        """
        background = self._prepared()
        rule = CalibratedRule(settings, examples)
        rule.set_background(*background)
        return rule

    def _prepared(self) -> tuple[np.ndarray | None, np.ndarray]:
        if self._background is None:
            text = self._encoders.text
            self._background = (
                encode_cached(text, BACKGROUND_PROMPTS) if self._encoders.has_text else None,
                _background(self._encoders.backbone),
            )
        return self._background


def build_rule(settings: RecognitionSettings, memory: Memory, encoders: Encoders) -> FusionRule:
    """One empty rule; see `Rules.make`.

    Args:
        settings, memory: See `Rules.make`.
        encoders: Of the memory.
    """
    return Rules(encoders).make(settings, memory)


def _background(backbone: Backbone) -> np.ndarray:
    """(p, d) float32 embeddings of the background pictures, from the cache where it has them: they would cost
    every start as much as encoding a second of frames."""
    pictures = background_pictures()
    content = hashlib.sha256(b"".join(picture.tobytes() for picture in pictures)).hexdigest()
    key = cache.key_of(backbone.id, backbone.fingerprint, content)
    known = cache.load_arrays(_KIND, key)
    if known is not None and known["vectors"].shape == (len(pictures), backbone.dim):
        return known["vectors"]
    vectors = backbone.encode_images(pictures)
    cache.store_arrays(_KIND, key, vectors=vectors)
    return vectors
