# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The protocols of encoders: a plug-in needs to provide these members and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Backbone(Protocol):
    """Turns pictures into vectors.

    Attributes:
        id: name for people, such as `clip_vit_b32` or `hf:google/siglip-base-patch16-224`.
        fingerprint: of weights, precision and preprocessing.
        dim: length d of a vector.

    Optional, for `text_encoder: auto` and the check that text and pictures meet:
        partner: name of the text encoder of the same space.
        space: any string; a text encoder with another one is refused.

    Optional, for memories that outlive a change of precision:
        embedding_space: names weights, input size and normalisation; memories of the same one are shared. Without it,
            the fingerprint stands for it.
        former_spaces: fingerprints that memories of this space were known by.

    Optional, for the frames of several cameras:
        batches: true where pictures that are encoded together take less time than one after another. Without it,
            that is taken for true of whatever does not run on a CPU.
    """

    @property
    def id(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dim(self) -> int: ...

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Args: images (H, W, 3) uint8 RGB, of any sizes. Returns: (n, d) float32, rows of unit norm."""
        ...


@runtime_checkable
class TextEncoder(Protocol):
    """Turns texts into vectors of the same space; attributes as for `Backbone`."""

    @property
    def id(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dim(self) -> int: ...

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """Args: texts, each used as it is given. Returns: (m, d) float32, rows of unit norm."""
        ...


@dataclass(frozen=True)
class Encoders:
    """A backbone and the text encoder of its space.

    Attributes:
        backbone: for pictures.
        text: for prompts.
        device: `cpu`, `cuda` or `mps`, where the forward pass runs.
        note: one line for people: which encoder was chosen and why, and on what it runs.
    """

    backbone: Backbone
    text: TextEncoder
    device: str
    note: str

    @property
    def has_text(self) -> bool:
        """False for a backbone without a text encoder: it has memory and no prompts."""
        return bool(getattr(self.text, "encodes", True))

    @property
    def batches(self) -> bool:
        """Whether pictures that are encoded together take less time than one after another."""
        return bool(getattr(self.backbone, "batches", self.device != "cpu"))
