# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The view of one camera: the recent frames, the past of the smoothing, and how the last frame was decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.recent_frames import RecentFrames, RecentPictures
from vfrt_ros.core.frames.regions.finder import RegionFinder
from vfrt_ros.core.frames.repeats import Repeats
from vfrt_ros.core.frames.thumbnailer import Thumbnailer
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.objects_in_view import ObjectsInView
from vfrt_ros.core.past import Past
from vfrt_ros.core.report.explanation import Explanation, LastDecision, explain
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.errors import NoFramesError, UnknownLabelError, nearest
from vfrt_ros.core.types.label import stored_label
from vfrt_ros.core.types.observation import Observation

Weights = Callable[[str], Mapping[str, float]]
"""Gives the weight of each kind of evidence for a label, as a rule says it."""


class View:
    """All that belongs to one camera alone; memory, rule and settings are its recogniser's.

    Attributes:
        repeats: Finds frames that show what the last one showed.

    Threads: the memory's lock covers it, but for `finder.find`, which one thread calls.

    Args:
        camera: Its name; empty = the only one.
    """

    def __init__(self, camera: str = "") -> None:
        self.repeats = Repeats()
        self._recent = RecentFrames()
        self._past = Past()
        self._thumbnailer = Thumbnailer()
        self.objects = ObjectsInView()
        self.pictures = RecentPictures()
        self.finder = RegionFinder()
        self._camera = camera

    def add(self, observation: Observation) -> None:
        """Keep the next observation in time; one of another scene makes the past count no more.

        Args:
            observation: Of this camera, later than the one before.
        """
        self.repeats.keep(observation)
        if self._recent.add(observation):
            self.forget_the_past()
            self._thumbnailer.clear()
            self.pictures.clear()
            self.objects.restart()

    def decide(
        self, observation: Observation, rule: FusionRule, memory: Memory, settings: RecognitionSettings
    ) -> Decision:
        """Say what the observation that was added last shows.

        Args:
            observation: That one.
            rule: Knows all of the memory.
            memory: Counts the examples.
            settings: In force.
        """
        evidence = self._past.smooth(rule.evidence(observation.embedding), settings, observation.stamp)
        decision = self._past.decide(observation, evidence, rule.conclude(evidence), memory, settings)
        self._thumbnailer.expect(observation)
        return decision

    def finder_for(self, regions: str) -> RegionFinder:
        """The finder for a value of the parameter `regions`: the one in force where that is its value.

        Args:
            regions: A checked value of the parameter.

        Raises:
            SettingError: There is no such source, or its plug-in is broken.
        """
        return self.finder if self.finder.name == regions else RegionFinder(regions, self._camera)

    def find_by(self, finder: RegionFinder) -> None:
        """Put a finder in force; where it is another one, the tracks begin anew."""
        if finder is not self.finder:
            self.finder = finder
            self.objects.restart()

    def newest(self, count: int) -> list[Observation]:
        """The newest `count` observations of the scene in view at most, oldest first.

        Args:
            count: 0 = none.
        """
        return self._recent.newest(count)

    def explanation(self, label: str, memory: Memory, weights: Weights, track: int = 0) -> Explanation:
        """Why the last frame, or an object in it, got its answer, by the settings of that frame.

        Args:
            label: Explain the score of this label; empty = of the best one.
            track: Explain this object; 0 = the whole frame.
            memory: As it was when the frame was answered.
            weights: As the rule says them now.

        Raises:
            NoFramesError: No frame was recognised since the last change.
            RequestError: The label is not valid, or no object in view has the track.
            UnknownLabelError: There is no such label.
        """
        last = self.objects.last_decision(track) if track else self._past.last
        if last is None:
            raise NoFramesError("No frame was recognised since the last change: is the camera running?")
        known = last.evidence.labels
        label = stored_label(label, known) if label else ""
        if label and label not in known:
            raise UnknownLabelError(f"Unknown label '{label}'.{nearest(label, known)}")
        best = label or last.decision.label
        pinned = last.weights
        if pinned is None:
            pinned = {best: weights(best)} if best in known else {}
        return explain(last, memory, label, pinned.get(best, {}))

    def last_with(self, weights: Weights) -> LastDecision | None:
        """How the last frame was decided, with the weights as they are now; None = there is no such frame.

        Args:
            weights: As the rule says them.
        """
        return self._past.last and self._past.last.with_weights(weights)

    def forget_the_past(self, *, last: LastDecision | None = None) -> None:
        """Forget the past of the smoothing and the hysteresis.

        Args:
            last: How the last frame was decided, where that can still be explained.
        """
        self._past.forget(last)
        self.objects.forget_the_past()

    def restart(self) -> None:
        """Forget the recent frames too: what comes next is another scene."""
        self.repeats.clear()
        self._recent.clear()
        self._thumbnailer.clear()
        self.pictures.clear()
        self.finder.reset()
        self.objects.restart()
        self.forget_the_past()

    def close(self) -> None:
        """Make no more thumbnails."""
        self._thumbnailer.clear()
