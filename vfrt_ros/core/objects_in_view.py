# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The objects that one camera sees: their tracks, the past of each, and how each was decided last."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.regions.tracker import Tracker
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.past import Past
from vfrt_ros.core.report.explanation import LastDecision
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.search import Search
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.evidence import Evidence
from vfrt_ros.core.types.observation import Observation
from vfrt_ros.core.types.recognised_object import RecognisedObject, SeenRegion

RECENT_CROPS = 16
"""Crops of a track that a registration may take."""


class _Thing:
    """One track: its past and its newest crops."""

    def __init__(self) -> None:
        self.past = Past()
        self.crops: deque[Observation] = deque(maxlen=RECENT_CROPS)


class ObjectsInView:
    """Follows the regions of one camera's pictures and says what each shows.

    Threads: the memory's lock covers it.
    """

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._things: dict[int, _Thing] = {}
        self._last: tuple[int, ...] = ()
        self.search = Search()

    def decide(
        self,
        seen: Sequence[SeenRegion],
        stamp: float | None,
        rule: FusionRule,
        memory: Memory,
        settings: RecognitionSettings,
    ) -> list[RecognisedObject]:
        """Say what each region of the next picture shows.

        Args:
            seen: Its regions, each of which is an object.
            stamp: Seconds of the picture; None = 1/30 s after the last.
            rule: Knows all of the memory.
            memory: Counts the examples.
            settings: In force.
        """
        every = rule.evidence_each(_embeddings(seen)) if seen else []
        return self._follow(seen, every, stamp, rule, memory, settings)

    def decide_windows(
        self,
        seen: Sequence[SeenRegion],
        stamp: float | None,
        rule: FusionRule,
        memory: Memory,
        settings: RecognitionSettings,
    ) -> list[RecognisedObject]:
        """Find the windows of the next picture that show something known, and say what; arguments as for `decide`."""
        every = rule.evidence_each(_embeddings(seen)) if seen else []
        best = self.search.select(seen, every, rule.conclude_each(every), settings.max_regions)
        return self._follow([seen[i] for i in best], [every[i] for i in best], stamp, rule, memory, settings)

    def recent(self, track: int, count: int) -> list[Observation]:
        """The newest `count` crops of a track at most, oldest first.

        Raises:
            RequestError: No object in view has the number.
        """
        return list(self._thing(track).crops)[-count:] if count > 0 else []

    def last_decision(self, track: int) -> LastDecision | None:
        """How an object was decided last; None = not since the last change.

        Raises:
            RequestError: No object in view has the number.
        """
        return self._thing(track).past.last

    def forget_the_past(self) -> None:
        """Forget all smoothing and hysteresis, though the tracks go on."""
        for thing in self._things.values():
            thing.past.forget()

    def restart(self) -> None:
        """Begin anew: the next picture is of another scene."""
        self._tracker.reset()
        self._things.clear()
        self._last = ()
        self.search.restart()

    def _follow(
        self,
        seen: Sequence[SeenRegion],
        every: Sequence[Evidence],
        stamp: float | None,
        rule: FusionRule,
        memory: Memory,
        settings: RecognitionSettings,
    ) -> list[RecognisedObject]:
        tracks = self._tracker.number([one.region for one in seen], stamp)
        self._things |= {track: _Thing() for track in self._tracker.begun}
        things = [self._things[track] for track in tracks]
        smoothed = [
            thing.past.smooth(evidence, settings, stamp)
            for thing, evidence in zip(things, every, strict=True)
        ]
        objects = []
        for track, thing, one, evidence, scores in zip(
            tracks, things, seen, smoothed, rule.conclude_each(smoothed), strict=True
        ):
            decision = thing.past.decide(one.observation, evidence, scores, memory, settings)
            thing.crops.append(one.observation)
            objects.append(RecognisedObject(track, one.region.box, decision))
        self._last = tuple(tracks)
        for track in self._things.keys() - self._tracker.alive:
            del self._things[track]
        return objects

    def _thing(self, track: int) -> _Thing:
        if track in self._things:
            return self._things[track]
        known = ", ".join(map(str, sorted(self._last))) or "none"
        raise RequestError(f"No object in view has the track {track}; those of the last picture: {known}.")


def _embeddings(seen: Sequence[SeenRegion]) -> np.ndarray:
    """(n, d) float32."""
    return np.stack([one.observation.embedding for one in seen])
