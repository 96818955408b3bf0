# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The encoder that a memory belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """The encoder whose embeddings a memory holds.

    Attributes:
        encoder_id: Its name.
        space: Names the space of its embeddings: weights, input size and normalisation. Embeddings of different spaces
            never share a memory; those of one encoder in f32, bf16 and f16 are of one space.
        dim: Length d of an embedding.
        former_spaces: What earlier versions called this space.
    """

    encoder_id: str
    space: str
    dim: int
    former_spaces: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.encoder_id} ({self.space[:12]}, {self.dim} numbers)"

    def owns(self, other: EncoderIdentity) -> bool:
        """Whether a memory of another identity holds embeddings of this encoder's space.

        Args:
            other: That the memory names.
        """
        spaces = (self.space, *self.former_spaces)
        return (self.encoder_id, self.dim) == (other.encoder_id, other.dim) and other.space in spaces
