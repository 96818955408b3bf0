# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The rule of a recogniser, kept in step with its memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.live_settings import LiveSettings
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.scoring.build_rule import Rules
from vfrt_ros.core.scoring.prototypes import Prototypes
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.types.example import Change, Prompts, Step

PROMPTS_AT_ONCE = 4
"""Labels of an import whose prompts are encoded between two frames."""


class RuleMaker:
    """Makes rules that know all of a memory; what needs an encoder is encoded once.

    Args:
        encoders: Of the memories that the rules are for.

    Attributes:
        prototypes: Of the labels that the rules were told.
    """

    def __init__(self, encoders: Encoders) -> None:
        self._rules = Rules(encoders)
        self.prototypes = Prototypes(encoders.text)

    def prepare(self, settings: RecognitionSettings, labels: Sequence[str]) -> None:
        """Encode what a rule needs, before there is a memory.

        Args:
            settings: Name the rule and the prompt templates.
            labels: Those that get the templates.

        Raises:
            EncoderError: It cannot be encoded.
        """
        self._rules.prepare(settings.fuse)
        self.prototypes.embed(dict.fromkeys(labels, ()), settings.prompt_templates)

    def make(self, settings: RecognitionSettings, memory: Memory) -> FusionRule:
        """A rule that knows all of the memory.

        Args:
            settings: Name the rule and the prompt templates.
            memory: That it shall know.

        Raises:
            EncoderError: A prompt cannot be encoded.
            RequestError: The memory holds more than the rule can.
        """
        prototypes = self.prototypes.embed(memory.prompts, settings.prompt_templates)
        rule = self._rules.make(settings, memory)
        for examples in memory.examples.in_parts():
            known = Change(added=examples)
            rule.check(known)
            rule.apply(known)
        rule.set_prototypes(*prototypes)
        return rule


class RuleInForce:
    """The rule that answers now; it knows all of the memory, and follows each change of it.

    A rule that could not follow a change is made anew before it is asked again.

    Threads: the memory's lock covers it.

    Args:
        maker: Makes rules for the memory's encoder.
        memory: What the rule knows.
        live: The settings in force, which the rule reads.

    Raises:
        EncoderError: A prompt cannot be encoded.
        RequestError: The memory holds more than the rule can.
    """

    def __init__(self, maker: RuleMaker, memory: Memory, live: LiveSettings) -> None:
        self._maker, self._memory, self._live = maker, memory, live
        self._is_stale = False
        self.last = self._make(live.now)
        """The rule that answered last, whether it has followed the newest change or not."""

    @property
    def now(self) -> FusionRule:
        """The rule; made anew first where it could not follow a change."""
        if self._is_stale:
            self.rebuild()
        return self.last

    def check(self, step: Step) -> None:
        """Do all that can fail of following a change, before it is made.

        Args:
            step: To be made.

        Raises:
            EncoderError: A prompt cannot be encoded.
            RequestError: There would be more than the rule can hold.
        """
        self.last.check(step.examples)
        if step.prompts.labels:
            self._embed(self._memory.prompts_after(step))

    def follow(self, step: Step) -> None:
        """Take a change in that the memory has made.

        Args:
            step: That was made.
        """
        if self._is_stale:
            self.rebuild()
            return
        self.last.apply(step.examples)
        if step.prompts.labels:
            self.last.set_prototypes(*self._embed(self._memory.prompts))

    def rebuild(self) -> None:
        """Make the rule anew from the memory as it is; where that fails, it is tried again before the next answer."""
        self._is_stale = True
        self.last = self._make(self._live.now)
        self._is_stale = False

    def prepare(self, settings: RecognitionSettings) -> Callable[[], None]:
        """Do all that can fail of following other settings.

        Args:
            settings: Checked ones.

        Returns:
            What puts the rule for them in force.

        Raises:
            EncoderError: The prompts cannot be encoded with the new templates, or for the new rule.
            RequestError: The memory holds more than the new rule can.
        """
        before, rule = self._live.now, self.now
        if settings.fuse != before.fuse:
            made = self._make(settings)
            return lambda: self._put_in_force(made)
        if settings.prompt_templates != before.prompt_templates:
            prototypes = self._maker.prototypes.embed(self._memory.prompts, settings.prompt_templates)
            return lambda: rule.set_prototypes(*prototypes)
        return lambda: None

    def encode_ahead(self, prompts: Mapping[str, Prompts | None]) -> None:
        """Encode prompts that are to come, some at a time, so that frames come in between.

        Args:
            prompts: By label; None takes the label's prompts away.

        Raises:
            EncoderError: One cannot be encoded.
        """
        labels = list(prompts)
        for first in range(0, len(labels), PROMPTS_AT_ONCE):
            with self._memory.lock:
                self._embed(
                    {label: prompts[label] or () for label in labels[first : first + PROMPTS_AT_ONCE]}
                )

    def _embed(self, prompts: Mapping[str, Prompts]) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
        return self._maker.prototypes.embed(prompts, self._live.now.prompt_templates)

    def _make(self, settings: RecognitionSettings) -> FusionRule:
        rule = self._maker.make(settings, self._memory)
        rule.settings = self._live
        return rule

    def _put_in_force(self, rule: FusionRule) -> None:
        self.last = rule
