# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The worked example of docs/scoring.md, and its figure: `python -m tools.smoothing_example docs/smoothing.png`."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass

import numpy as np

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.smoothing import REFERENCE_FPS, Smoother, favour
from vfrt_ros.core.types.evidence import Evidence, Scores

LABELS = ("cup", "mug")
FRAMES = 60
TURN = 30
"""The frame from which on the mug is in view."""


@dataclass(frozen=True)
class Played:
    """One frame: scores before smoothing, after it, and with the label of the frame before held."""

    plain: Scores
    smooth: Scores
    held: Scores


def evidence(cup: float, mug: float, familiarity: tuple[float, float] = (0.6, 0.6)) -> Evidence:
    """Of two labels with a prompt each, in log-odds."""
    nothing = np.full(2, np.nan, np.float32)
    return Evidence(
        LABELS,
        nothing,
        np.array([0.3, 0.3], np.float32),
        np.array([cup, mug], np.float32),
        np.asarray(familiarity, np.float32),
    )


def example() -> list[Played]:
    """Two frames in a row, 1/30 s apart: the cup is shown first, then the mug is a little ahead."""
    return play([evidence(1.0, 0.8), evidence(0.9, 1.1)])


def play(frames: list[Evidence], settings: RecognitionSettings = RecognitionSettings()) -> list[Played]:  # noqa: B008
    """Smooth and conclude them as the recogniser does, 1/30 s apart."""
    rule, smoother, found = CalibratedRule(settings), Smoother(), []
    held: str | None = None
    for number, seen in enumerate(frames):
        smoothed = smoother.smooth(seen, settings.temporal_ema, number / REFERENCE_FPS)
        scores = rule.conclude(smoothed)
        favoured = favour(scores, held)
        best = int(favoured.score.argmax())
        held = LABELS[best] if favoured.score[best] >= favoured.threshold[best] else None
        found.append(Played(rule.conclude(seen), scores, favoured))
    return found


def scene() -> list[Evidence]:
    """Two seconds of a noisy camera: the cup and the mug look much alike, and the mug replaces the cup."""
    random = np.random.default_rng(3)
    margin = np.where(np.arange(FRAMES) < TURN, 0.35, -0.35) + random.normal(0, 0.3, FRAMES)
    return [evidence(1.0 + x / 2, 1.0 - x / 2, (0.6 + x / 2, 0.6 - x / 2)) for x in margin]


def draw(path: str) -> None:
    """The scene as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    frames, seconds = play(scene()), np.arange(FRAMES) / REFERENCE_FPS
    figure, (top, bottom) = pyplot.subplots(
        2, 1, figsize=(8, 5), sharex=True, layout="constrained", height_ratios=(3, 1)
    )
    series = {
        "cup, as each frame says": ([f.plain.score[0] for f in frames], "0.7", "-", 1.0),
        "cup, smoothed and held": ([f.held.score[0] for f in frames], "tab:blue", "-", 2.0),
        "its threshold": ([f.held.threshold[0] for f in frames], "tab:blue", ":", 1.5),
        "mug, smoothed and held": ([f.held.score[1] for f in frames], "tab:orange", "-", 2.0),
    }
    for name, (values, colour, style, width) in series.items():
        top.plot(seconds, values, color=colour, linestyle=style, linewidth=width, label=name)
    top.set_ylabel("score")
    top.legend(loc="upper center", ncols=2)
    top.set_ylim(0, 0.95)
    for row, kind in enumerate(("plain", "smooth", "held")):
        labels = [int(getattr(f, kind).score.argmax()) for f in frames]
        colours = ["tab:blue" if label == 0 else "tab:orange" for label in labels]
        bottom.scatter(seconds, np.full(FRAMES, 2 - row), c=colours, marker="s", s=28)
    bottom.set_yticks((2, 1, 0), ("frame by frame", "smoothed", "and held"))
    bottom.set_ylim(-0.7, 2.7)
    bottom.set_xlabel("seconds; from 1 s on it is the mug")
    figure.savefig(path, dpi=110)


def main() -> int:
    """Print the example, and draw the picture where a path is given."""
    for number, frame in enumerate(example(), 1):
        for name in ("plain", "smooth", "held"):
            scores: Scores = getattr(frame, name)
            print(
                f"frame {number} {name:6}: cup {scores.score[0]:.3f} of {scores.threshold[0]:.3f}, "
                f"mug {scores.score[1]:.3f} of {scores.threshold[1]:.3f}, none of these {scores.unknown:.3f}"
            )
    if len(sys.argv) > 1:
        draw(sys.argv[1])
    frames = play(scene())
    for name in ("plain", "smooth", "held"):
        labels = [int(getattr(frame, name).score.argmax()) for frame in frames]
        print(f"{name}: {sum(a != b for a, b in itertools.pairwise(labels))} changes of the label")
    return 0


if __name__ == "__main__":
    sys.exit(main())
