"""The encoder that a memory belongs to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """The encoder whose embeddings a memory holds.

    Attributes:
        encoder_id: Its name.
        fingerprint: Of its weights; embeddings of different fingerprints never share a memory.
        dim: Length d of an embedding.
    """

    encoder_id: str
    fingerprint: str
    dim: int

    def __str__(self) -> str:
        return f"{self.encoder_id} ({self.fingerprint[:12]}, {self.dim} numbers)"
