# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which of many windows of a picture show something known (`regions: grid`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.frames.regions.grid import best_of_each_place
from vfrt_ros.core.types.evidence import Evidence, Scores
from vfrt_ros.core.types.recognised_object import SeenRegion
from vfrt_ros.core.types.region import Box

MOST_BACKGROUND = 256
"""Background windows to remember."""
APART = 0.1
"""Share of a window that may lie in what was taught, for it to be background."""


class Search:
    """Looks through windows, and remembers which of them were background when something was taught.

    A window that is nearer to such a background window than to its best label is not that label. The background is
    known in RAM only: it belongs to the scene in view.

    Threads: the memory's lock covers it.
    """

    def __init__(self) -> None:
        self._last: Sequence[SeenRegion] = ()
        self._background: npt.NDArray[np.float32] | None = None

    def select(
        self, seen: Sequence[SeenRegion], evidence: Sequence[Evidence], scores: Sequence[Scores], most: int
    ) -> list[int]:
        """The windows that show something known, the best of each place, best first.

        Args:
            seen: n windows.
            evidence, scores: Of each.
            most: Windows to give.

        Returns:
            Their indices.
        """
        self._last = seen
        found = [(i, best) for i, score in enumerate(scores) if (best := _best_known(score)) is not None]
        found = [(i, best) for i, best in found if not self._is_background(seen[i], evidence[i], best)]
        kept = best_of_each_place(
            [seen[i].region.box for i, _ in found], [float(scores[i].score[best]) for i, best in found]
        )
        return [found[place][0] for place in kept[:most]]

    def taught(self, box: Box) -> None:
        """Something in this box of the last picture was taught: the windows beside it are background."""
        fresh = [
            one.observation.embedding
            for one in self._last
            if one.region.box.shared(box) <= APART * one.region.box.area
        ]
        if fresh:
            known = [] if self._background is None else list(self._background)
            self._background = np.stack((known + fresh)[-MOST_BACKGROUND:])

    def restart(self) -> None:
        """Begin anew: the next picture is of another scene."""
        self._last, self._background = (), None

    def _is_background(self, one: SeenRegion, evidence: Evidence, best: int) -> bool:
        if self._background is None or np.isnan(evidence.image[best]):
            return False
        return bool((self._background @ one.observation.embedding).max() > evidence.image[best])


def _best_known(scores: Scores) -> int | None:
    """The index of the best label where it is known."""
    if not scores.labels:
        return None
    best = int(scores.score.argmax())
    return best if scores.score[best] >= scores.threshold[best] else None
