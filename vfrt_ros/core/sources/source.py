# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The interface of every frame source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture as the source gives it.

    Attributes:
        image: (H, W, 3) uint8 BGR, of the source's own size.
        time: Seconds since the source's first frame, at which it is due; None = it is of this moment.
        camera: Its name in a recording of several cameras; else empty.
    """

    image: Image
    time: float | None = None
    camera: str = ""


class Source(ABC):
    """Gives frames, one after another. Opened when built; one thread at a time may use it.

    Attributes:
        spec: The `source` parameter that opens this same source again.
        name: What to call it in a message; never holds a password.
        live: True where frames come when they come (a camera, a stream); False where each has its time.
        polled: True where a picture is as old as the question: it is asked for at the rate that is wanted.
        mixed_sizes: True where frames of different sizes are nothing remarkable.
        stands_in: True where it is shown for want of what was asked for.
        successor: The open source that goes on where this one has ended; None = nothing does.
        fps: Frames per second that the source says it has; 0 = it doesn't say.
        left_out: Pictures that could not be used, by kind.
    """

    live: bool = False
    polled: bool = False
    mixed_sizes: bool = False
    stands_in: bool = False
    successor: Source | None = None
    fps: float = 0.0

    def __init__(self, spec: str, name: str) -> None:
        self.spec = spec
        self.name = name
        self.left_out: Counter[str] = Counter()

    @abstractmethod
    def read(self, since: float = 0.0) -> Frame | None:
        """The next frame; waits for it where it has to.

        Args:
            since: Seconds since the first frame: a source that has a timeline may pass over frames that
                were due earlier. Live sources pay no heed.

        Returns:
            The frame, or None at the end.

        Raises:
            SourceError: The source has failed; close it.
        """

    def close(self) -> None:  # noqa: B027 (most sources hold nothing)
        """Give back what the source holds; a second call does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
