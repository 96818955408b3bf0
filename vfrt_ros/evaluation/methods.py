# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The rules and baselines that an evaluation compares, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.scoring.build_rule import Rules
from vfrt_ros.core.scoring.late import LateRule
from vfrt_ros.core.scoring.rule import FusionRule
from vfrt_ros.core.types.errors import SettingError, nearest
from vfrt_ros.evaluation.baselines import BASELINES
from vfrt_ros.evaluation.episodes import Episode, answer_baseline, answer_rule, search_in, teach
from vfrt_ros.evaluation.outcome import Outcome, outcome_of

RULES = ("late", "calibrated")
METHODS = (*RULES, *(name for name in BASELINES if name not in RULES))
"""Every name; a rule is the one that recognises live, with its threshold, a baseline only ranks."""

WITHOUT_EXAMPLES = (*RULES, "text")
"""Methods for which the prompts alone are enough."""


@dataclass(frozen=True, slots=True)
class Method:
    """One row of a comparison.

    Attributes:
        name: Of `METHODS`.
        text: False = without prompts.
        unknowns: False = unknown objects are not asked about, which is quicker where only top-1 is wanted.
        vectorised: Take the baseline of this name instead of the rule.
    """

    name: str
    text: bool = True
    unknowns: bool = True
    vectorised: bool = False

    @property
    def is_rule(self) -> bool:
        """True for a fusion rule, False for a baseline."""
        return self.name in RULES and not self.vectorised

    def answers(self, shots: int) -> bool:
        """True where the method has something to say after so many examples of each label.

        Args:
            shots: Examples of each label, 0 or more.
        """
        return shots > 0 or (self.text and self.name in WITHOUT_EXAMPLES)


def parse_methods(names: Sequence[str]) -> tuple[Method, ...]:
    """The methods of these names, each once; `ncm_text` is `ncm+text`.

    Args:
        names: As people type them.

    Raises:
        SettingError: One is unknown.
    """
    found = [name.strip().replace("_", "+") for name in names if name.strip()]
    for one in found:
        if one not in METHODS:
            raise SettingError(
                f"Unknown method '{one}'.{nearest(one, METHODS)} Expected some of {', '.join(METHODS)}."
            )
    if not found:
        raise SettingError(f"Expected at least one method of {', '.join(METHODS)}; got none.")
    return tuple(Method(one) for one in dict.fromkeys(found))


def ask(method: Method, episode: Episode, settings: RecognitionSettings, encoders: Encoders) -> Outcome:
    """Teach a method the examples of an episode and ask it all questions.

    Args:
        method: Which one.
        episode: Its rows come from the space of the encoders.
        settings: Of the rules; `fuse` is the method's.
        encoders: The text encoder is asked for the background prompts.
    """
    if not method.unknowns:
        episode = replace(episode, unknown=episode.unknown[:0], strangers=episode.strangers[:0])
    if method.is_rule:
        rule = empty_rule(method.name, settings, encoders, episode)
        teach(rule, episode, text=method.text and encoders.has_text)
        return outcome_of(answer_rule(rule, episode), episode, decides=True)
    if not method.text:
        episode = replace(episode, text=np.zeros_like(episode.text))
    return outcome_of(answer_baseline(BASELINES[method.name], episode), episode, decides=False)


def empty_rule(
    fuse: str, settings: RecognitionSettings, encoders: Encoders, episode: Episode | None = None
) -> FusionRule:
    """A rule as the recogniser builds it, over examples of its own; the late one searches those of the episode.

    Args:
        fuse: Name of the rule.
        settings: Of the rule.
        encoders: The memory's.
        episode: Whose examples the late rule searches; None = it is the calibrated one.
    """
    settings = settings.replace(fuse=fuse)
    if fuse == "late" and episode is not None:
        return LateRule(settings, search_in(episode))
    return Rules(encoders).calibrated(settings)
