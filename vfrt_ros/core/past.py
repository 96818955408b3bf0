# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The past of what is in view, the whole frame or an object in it: it smooths and steadies the next decision."""

from __future__ import annotations

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.decision import decide
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.report.explanation import LastDecision
from vfrt_ros.core.smoothing import Smoother, favour, has_hysteresis
from vfrt_ros.core.types.decision import Decision
from vfrt_ros.core.types.evidence import Evidence, Scores
from vfrt_ros.core.types.observation import Observation


class Past:
    """The smoothing of one thing, the label shown last, and how it was decided.

    Threads: the memory's lock covers it.

    Attributes:
        last: How it was decided last; None = not since the past was forgotten.
    """

    def __init__(self) -> None:
        self.last: LastDecision | None = None
        self._smoother = Smoother()
        self._held: str | None = None

    def smooth(self, evidence: Evidence, settings: RecognitionSettings, stamp: float | None) -> Evidence:
        """The evidence of the next picture, smoothed.

        Args:
            evidence: Of that picture alone.
            settings: In force.
            stamp: Its seconds; None = 1/30 s after the last.
        """
        return self._smoother.smooth(evidence, settings.temporal_ema, stamp)

    def decide(
        self,
        observation: Observation,
        evidence: Evidence,
        scores: Scores,
        memory: Memory,
        settings: RecognitionSettings,
    ) -> Decision:
        """Say what the next picture shows.

        Args:
            observation: Of the picture.
            evidence: As `smooth` gave it.
            scores: What the rule concludes of that.
            memory: Counts the examples.
            settings: In force.
        """
        scores = favour(scores, self._held)
        decision = decide(
            evidence,
            scores,
            memory.table.count,
            k_candidates=settings.k_candidates,
            version=memory.version,
        )
        self.last = LastDecision(observation, evidence, scores, decision, settings)
        self._held = decision.label if decision.known and has_hysteresis(settings) else None
        return decision

    def forget(self, last: LastDecision | None = None) -> None:
        """Forget it.

        Args:
            last: How the last picture was decided, where that can still be explained.
        """
        self._smoother.reset()
        self._held, self.last = None, last
