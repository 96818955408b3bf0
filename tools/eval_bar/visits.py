# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Point 3 of the bar: things taught by the frames of few visits, registered one by one as people do with a camera.

Each photograph stands for a visit: its frames are cut from it, a little larger or smaller, turned, lighter or darker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from tqdm import tqdm

from tools.eval_bar.accuracy import half_width
from tools.eval_bar.check import Check, Limit
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.sources.images import load_image
from vfrt_ros.core.sources.source import Image
from vfrt_ros.core.types.example import Change, Example
from vfrt_ros.evaluation.dataset import Picture
from vfrt_ros.evaluation.episodes import Episode, answer_rule, episodes, examples_of, name
from vfrt_ros.evaluation.features import Features
from vfrt_ros.evaluation.methods import empty_rule
from vfrt_ros.evaluation.outcome import outcome_of
from vfrt_ros.evaluation.progress import progress_settings

FRAMES = 6
"""Of a visit."""
MOST_REJECTED = 0.15
"""Share of the known that may be called unknown: three times the promise, since all frames of a thing come
from so few places."""
_SECOND, _HOUR, _NOON = 1.0, 3600.0, 1_790_000_000.0


def visit_frames(picture: Image, random: np.random.Generator) -> list[Image]:
    """The frames of a visit: (h, w, 3) uint8 cuts of 82 to 98 % of a picture, turned by up to 6 degrees.

    Args:
        picture: (H, W, 3) uint8.
        random: Chooses.
    """
    height, width = picture.shape[:2]
    frames = []
    for _ in range(FRAMES):
        share, angle, light = random.uniform(0.82, 0.98), random.uniform(-6, 6), random.uniform(0.85, 1.15)
        size = (int(width * share), int(height * share))
        left, top = random.uniform(0, width - size[0]), random.uniform(0, height - size[1])
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
        turn[:, 2] -= left, top
        turned = cv2.warpAffine(picture, turn, size, borderMode=cv2.BORDER_REFLECT)
        frames.append(np.clip(turned * light, 0, 255).astype(np.uint8))
    return frames


def visit_features(
    pictures: Sequence[Picture], alone: Features, encoders: Encoders, *, seed: int, progress: bool = False
) -> Features:
    """The pictures to learn from, each as the frames of a visit: `train` is (n, frames · d).

    Args:
        pictures: The n to learn from.
        alone: Their features, in the same order.
        encoders: The backbone is used.
        seed: Of the frames.
        progress: Show how far it is on stderr.
    """
    random = np.random.default_rng(seed)
    rows = []
    for picture in tqdm(pictures, desc="visits", unit="visit", **progress_settings(progress)):
        frames = visit_frames(cv2.cvtColor(load_image(picture.path), cv2.COLOR_BGR2RGB), random)
        rows.append(encoders.backbone.encode_images(frames).ravel())
    return replace(alone, train=np.stack(rows))


def visit_check(
    visited: Features,
    encoders: Encoders,
    settings: RecognitionSettings,
    *,
    ways: int,
    visits: int,
    count: int,
    seed: int,
) -> Check:
    """How many of the known are called unknown that were taught by the frames of so many visits each.

    Args:
        visited: See `visit_features`.
        encoders, settings: Of the rule.
        ways: Labels of an episode.
        visits: To each thing.
        count: Episodes.
        seed: Of the choice.
    """
    figures = [
        _figures(episode, encoders, settings) for episode in episodes(visited, ways, visits, count, seed)
    ]
    rejected, top1 = (np.array([own[metric] for own in figures]) for metric in ("rejected", "top1"))
    return Check(
        3,
        f"known called unknown: {ways} things, {visits} visits of {FRAMES} frames",
        float(rejected.mean()),
        Limit.AT_MOST,
        MOST_REJECTED,
        note=f"± {half_width(rejected):.3f}; top-1 {top1.mean():.3f}",
    )


def _figures(episode: Episode, encoders: Encoders, settings: RecognitionSettings) -> dict[str, float]:
    episode = replace(
        episode,
        examples=episode.examples.reshape(len(episode.labels) * FRAMES, -1),
        labels=np.repeat(episode.labels, FRAMES),
    )
    rule = empty_rule("calibrated", settings, encoders)
    rule.set_prototypes(tuple(name(i) for i in range(len(episode.classes))), episode.text)
    rule.apply(Change(added=tuple(_one_by_one(examples_of(episode)))))
    rule.settle()
    return outcome_of(answer_rule(rule, episode), episode, decides=True).figures()


def _one_by_one(examples: Sequence[Example]) -> list[Example]:
    """A second between two frames of a visit, an hour between two visits."""
    return [
        replace(example, created=_NOON + _HOUR * (i // FRAMES) + _SECOND * (i % FRAMES))
        for i, example in enumerate(examples)
    ]
