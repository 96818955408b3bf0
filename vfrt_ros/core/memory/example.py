"""What the memory holds, and what a change of it consists of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One thing that a person showed.

    Attributes:
        id: Unique in its memory, never used again after a removal.
        label: What the person called it.
        embedding: (d,) float32, unit norm.
        negative: True when the person said that this is *not* the label.
        batch: Examples registered together share it.
        created: Seconds since the epoch.
        quality: What the quality gate measured, e.g. ``{"sharpness": 212.0}``.
        thumbnail: A small JPEG of the frame, empty where there is none.
    """

    id: int
    label: str
    embedding: npt.NDArray[np.float32]
    negative: bool = False
    batch: int = 0
    created: float = 0.0
    quality: dict[str, float] = field(default_factory=dict)
    thumbnail: bytes = b""


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between two states of a memory; a relabel removes and adds the same ids."""

    added: tuple[Example, ...] = ()
    removed: tuple[Example, ...] = ()

    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(added=self.removed, removed=self.added)
