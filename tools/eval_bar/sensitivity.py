# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Half and twice of each constant of the scoring, measured: `make sensitivity`.

Each constant of `core/scoring/constants.py` in turn is halved and doubled, the others being as they are, and the
same episodes are answered again. The table tells the mean difference to the constants as they are, with its 95 %
interval over the episodes: of points 1 to 3 of the bar, top-1, AUROC, the share of known objects that is called
unknown, and the calibration error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.eval_bar.accuracy import half_width
from tools.eval_bar.material import Material, clip_material, grocery_material
from tools.reference import markdown_table
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.types.errors import VfrtError
from vfrt_ros.evaluation.episodes import Episode, answer_rule, episodes, teach
from vfrt_ros.evaluation.outcome import outcome_of

METRICS = ("top1", "auroc", "rejected", "ece")
NOT_ABOUT_SCORES = ("SCALE", "MOST_EXAMPLES", "MOST_PENDING", "FIT_AT_ONCE")
"""Constants on which no score depends once a memory has settled."""
TOGETHER = ("OWN_DISTANCE", "UNKNOWN_DISTANCE")
"""Arrays that are one number each: a distribution, which is stretched as a whole."""
SHARES = ("FAIR_SHARE", "FAR_SHARE", "SAME_PROMPT")
"""Constants that mean nothing above 1: twice is 1 there."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One number of `constants`.

    Attributes:
        name: Of the module's attribute.
        part: Which number of an array; None = all of it.
    """

    name: str
    part: int | None = None

    def __str__(self) -> str:
        return self.name if self.part is None else f"{self.name}[{self.part}]"

    @contextmanager
    def times(self, factor: float) -> Iterator[None]:
        """With `factor` times its value, for as long as the block lasts."""
        before = getattr(constants, self.name)
        after = np.array(before, copy=True) if isinstance(before, np.ndarray) else before * factor
        if isinstance(before, np.ndarray):
            after[... if self.part is None else self.part] *= factor
        elif isinstance(before, int):
            after = int(after)
        setattr(constants, self.name, min(after, 1.0) if self.name in SHARES else after)
        try:
            yield
        finally:
            setattr(constants, self.name, before)


def every_constant() -> list[Constant]:
    """The numbers that scores depend on; those that are 0 have neither half nor twice."""
    found = []
    for name, value in vars(constants).items():
        if not name.isupper() or name in NOT_ABOUT_SCORES:
            continue
        if isinstance(value, np.ndarray) and name not in TOGETHER:
            found += [Constant(name, part) for part in np.flatnonzero(value).tolist()]
        else:
            found.append(Constant(name))
    return found


Figures = dict[str, np.ndarray]
"""By metric: (e,) values, one for each episode, NaN where there is none."""


def figures_of(material: Material, chosen: Sequence[Episode]) -> Figures:
    """The figures that the rule reaches in these episodes, with the constants as they are now."""
    rows = []
    for episode in chosen:
        rule = CalibratedRule(RecognitionSettings(memory_path=":memory:"))
        rule.set_background(material.prompts, material.pictures)
        teach(rule, episode)
        rows.append(outcome_of(answer_rule(rule, episode), episode, decides=True).figures())
    return {metric: np.array([row[metric] for row in rows]) for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Difference:
    """The effect of another value.

    Attributes:
        by_metric: Mean difference over the episodes, and half of its 95 % interval.
        same: True where no figure of any episode changes.
    """

    by_metric: dict[str, tuple[float, float]]
    same: bool

    @classmethod
    def between(cls, after: Figures, before: Figures) -> Difference:
        """Over the same episodes."""
        every = {metric: after[metric] - before[metric] for metric in METRICS}
        means = {metric: (float(values.mean()), half_width(values)) for metric, values in every.items()}
        return cls(means, not any(values.any() for values in every.values()))

    @property
    def within_noise(self) -> bool:
        """True where every interval holds 0."""
        return all(abs(mean) <= half for mean, half in self.by_metric.values())

    def cell(self) -> str:
        """In thousandths, an interval that does not hold 0 in bold."""
        if self.same:
            return "nothing changes"
        return " · ".join(
            f"{'' if abs(mean) <= half else '**'}{1000 * mean:+.0f} ± {1000 * half:.0f}"
            f"{'' if abs(mean) <= half else '**'}"
            for mean, half in self.by_metric.values()
        )


def sensitivity(
    material: Material, count: int, chosen: Sequence[Constant]
) -> Iterator[tuple[str, str, str, str]]:
    """One row for each constant: its name and value, half, twice, and whether both are within noise.

    Args:
        material: What on.
        count: Episodes of each number of shots.
        chosen: Which constants.
    """
    asked = [
        episode
        for shots in material.shots
        for episode in episodes(material.features, material.ways, shots, count)
    ]
    before = figures_of(material, asked)
    for constant in chosen:
        found = []
        for factor in (0.5, 2.0):
            with constant.times(factor):
                found.append(Difference.between(figures_of(material, asked), before))
        verdict = "within noise" if all(one.within_noise for one in found) else ""
        yield str(constant), found[0].cell(), found[1].cell(), verdict


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a Markdown table, row by row.

    Args:
        argv: Arguments; None = those of the process.

    Returns:
        0, or 1 where the data are missing, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.eval_bar.sensitivity", description=__doc__)
    parser.add_argument("data", type=Path, help="the grocery photos, or an .npz of embeddings")
    parser.add_argument(
        "--background", type=Path, help="with an .npz: an .npz of prompts for things in general"
    )
    parser.add_argument("--episodes", type=int, default=20, help="of each number of shots (default: 20)")
    parser.add_argument("--every", type=int, default=1, help="ask only every n-th question (default: 1)")
    parser.add_argument("--only", nargs="*", default=[], help="names of constants (default: all)")
    arguments = parser.parse_args(argv)
    try:
        if arguments.data.suffix == ".npz":
            material = clip_material(arguments.data, arguments.background, arguments.every)
        else:
            material = grocery_material(arguments.data, arguments.every)
        chosen = [one for one in every_constant() if not arguments.only or one.name in arguments.only]
        heading = f"{material.name}, {material.ways}-way, {arguments.episodes} episodes of each of "
        print(f"{heading}{', '.join(map(str, material.shots))} shots; thousandths of {', '.join(METRICS)}\n")
        print(markdown_table(("constant", "half", "twice", ""), []), flush=True)
        for row in sensitivity(material, arguments.episodes, chosen):
            print("| " + " | ".join(row) + " |", flush=True)
    except VfrtError as error:
        print(f"sensitivity: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
