# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Points 1 to 3 of the bar: right answers, honest unknowns, and scores that mean what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.eval_bar.check import Check, Limit
from vfrt_ros.evaluation.methods import Method

LATE = Method("late", vectorised=True)
OURS = Method("calibrated")
GDA = Method("gda")
TEXT = Method("text")
NCM = Method("ncm")
MEMORY_ONLY = Method("calibrated", text=False)
BASELINES = (LATE, NCM, Method("ncm+text"), Method("knn"), Method("tip"), GDA, TEXT)
METHODS = (OURS, MEMORY_ONLY, *BASELINES)
"""The runs for each setting; the first with and without prompts."""

HALF_A_POINT, ONE_POINT, THREE_POINTS = 0.005, 0.01, 0.03
LEAST_GAIN = 0.05
LEAST_GAIN_OVER_BOTH = 0.02
"""In a true CLIP space, over the better of GDA and the late rule."""
LARGEST_ECE = 0.05
LARGEST_ECE_OF_FEW = 0.08
FEW_SHOTS = (1, 2)
MANY_SHOTS = 5
"""From so many examples of a label on, the covariance and the threshold can be learned."""
INFORMATIVE = 2 / 3
"""Prompts are informative where they alone are at least this share as good as the memory alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One column of the table.

    Attributes:
        data: Name of the data set.
        ways, shots: Labels, and examples of each.
        figures: By method, the figures of each episode; methods that cannot answer are not there.
        calibration_error: Of our scores, over the questions of all episodes together.
    """

    data: str
    ways: int
    shots: int
    figures: Mapping[Method, Sequence[Mapping[str, float]]]
    calibration_error: float = float("nan")

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.data}, {self.ways}-way {self.shots}-shot"

    def values(self, method: Method, metric: str) -> np.ndarray:
        """(e,) a figure in each episode."""
        return np.array([own[metric] for own in self.figures[method]])

    def mean(self, method: Method, metric: str) -> float:
        """A figure over all episodes."""
        return float(self.values(method, metric).mean())

    def gain(self, method: Method, metric: str = "top1") -> tuple[float, str]:
        """By how much ours is better than a method, over the same episodes, and the interval in words."""
        differences = self.values(OURS, metric) - self.values(method, metric)
        half = half_width(differences)
        mine, its = self.mean(OURS, metric), self.mean(method, metric)
        return float(differences.mean()), f"{mine:.3f} against {its:.3f}, ± {half:.3f}"


def half_width(values: np.ndarray) -> float:
    """Half of the 95 % interval (normal) of the mean of (e,) values; NaN where a single one gives none."""
    return float(1.96 * values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def accuracy_checks(settings: Sequence[Setting], promised: float) -> list[Check]:
    """Points 1 to 3.

    Args:
        settings: Of every data set and space.
        promised: The share of known objects that may be called unknown, as `open_set_threshold` says.
    """
    parts = (_right, _balanced, _unknown, _not_below_its_parts, _strangers)
    return _every(parts, settings) + honest_checks(settings, promised)


def clip_checks(settings: Sequence[Setting], promised: float) -> list[Check]:
    """Points 1 to 3 in a true CLIP space; arguments as for `accuracy_checks`."""
    parts = (_right, _above_both, _not_below_its_parts, _strangers)
    return _every(parts, settings) + honest_checks(settings, promised)


def kind_checks(settings: Sequence[Setting], promised: float) -> list[Check]:
    """Points 2 and 3 where prompts say the kind and not the thing; arguments as for `accuracy_checks`."""
    return _every((_not_below_its_parts, _strangers), settings) + honest_checks(settings, promised)


def honest_checks(settings: Sequence[Setting], promised: float) -> list[Check]:
    """Point 3 alone, for settings in which nothing was compared; arguments as for `accuracy_checks`."""
    return [check for setting in settings for check in _honest(setting, promised)]


Part = Callable[[Setting], Iterator[Check]]


def _every(parts: Sequence[Part], settings: Sequence[Setting]) -> list[Check]:
    return [check for part in parts for setting in settings for check in part(setting)]


def _right(setting: Setting) -> Iterator[Check]:
    if setting.shots >= MANY_SHOTS:
        gain, note = setting.gain(GDA)
        yield Check(1, f"top-1 less GDA's: {setting.name}", gain, Limit.AT_LEAST, -HALF_A_POINT, note=note)
        return
    for method in (LATE, TEXT):
        if method not in setting.figures:
            continue
        gain, note = setting.gain(method)
        yield Check(1, f"top-1 less {method.name}'s: {setting.name}", gain, Limit.AT_LEAST, 0.0, note=note)


def _balanced(setting: Setting) -> Iterator[Check]:
    """Fusion against each kind of evidence alone."""
    if MEMORY_ONLY not in setting.figures:
        return
    memory, text = (setting.mean(method, "top1") for method in (MEMORY_ONLY, TEXT))
    better = MEMORY_ONLY if memory >= text else TEXT
    gain, note = setting.gain(better)
    which = "memory" if better is MEMORY_ONLY else "prompts"
    yield Check(
        1, f"top-1 less that of {which} only: {setting.name}", gain, Limit.AT_LEAST, -ONE_POINT, note=note
    )
    if text >= INFORMATIVE * memory:
        yield Check(
            1, f"informative prompts, top-1 gained by fusion: {setting.name}", gain, Limit.MORE_THAN, 0.0, note=note
        )  # fmt: skip


def _unknown(setting: Setting) -> Iterator[Check]:
    gain, note = setting.gain(LATE, "auroc")
    target = LEAST_GAIN if setting.shots >= MANY_SHOTS else 0.0
    yield Check(2, f"AUROC less late's: {setting.name}", gain, Limit.AT_LEAST, target, note=note)


def _above_both(setting: Setting) -> Iterator[Check]:
    if setting.shots < MANY_SHOTS:
        return
    better = max((GDA, LATE), key=lambda method: setting.mean(method, "auroc"))
    gain, note = setting.gain(better, "auroc")
    yield Check(
        2,
        f"AUROC less {better.name}'s: {setting.name}",
        gain,
        Limit.AT_LEAST,
        LEAST_GAIN_OVER_BOTH,
        note=note,
    )


def _not_below_its_parts(setting: Setting) -> Iterator[Check]:
    """With one and two examples: against the simple rules, and each kind of evidence alone."""
    if setting.shots not in FEW_SHOTS:
        return
    there = [method for method in (LATE, NCM, MEMORY_ONLY, TEXT) if method in setting.figures]
    best = max(there, key=lambda method: setting.mean(method, "auroc"))
    gain, note = setting.gain(best, "auroc")
    which = "that of memory only" if best is MEMORY_ONLY else f"{best.name}'s, the best other"
    yield Check(2, f"AUROC less {which}: {setting.name}", gain, Limit.AT_LEAST, -HALF_A_POINT, note=note)


def _strangers(setting: Setting) -> Iterator[Check]:
    if setting.shots < MANY_SHOTS:
        return
    gain, note = setting.gain(NCM, "strangers")
    yield Check(2, f"strangers named, less ncm's: {setting.name}", gain, Limit.AT_MOST, 0.0, note=note)


def _honest(setting: Setting, promised: float) -> Iterator[Check]:
    if setting.shots == max(FEW_SHOTS):
        yield Check(
            3,
            f"expected calibration error: {setting.name}",
            setting.calibration_error,
            Limit.AT_MOST,
            LARGEST_ECE_OF_FEW,
        )
    if setting.shots < MANY_SHOTS:
        return
    rejected = setting.mean(OURS, "rejected")
    yield Check(
        3,
        f"known called unknown, off the promised {promised:g}: {setting.name}",
        abs(rejected - promised),
        Limit.AT_MOST,
        THREE_POINTS,
        note=f"{rejected:.3f} of the known, ± {half_width(setting.values(OURS, 'rejected')):.3f}",
    )
    known = setting.mean(OURS, "ece_known")
    yield Check(
        3,
        f"expected calibration error: {setting.name}",
        setting.calibration_error,
        Limit.AT_MOST,
        LARGEST_ECE,
        note=f"{setting.mean(OURS, 'ece'):.3f} in the mean episode, {known:.3f} on known objects alone",
    )
