# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The demo: four photographs known by their prompts, the fifth unknown until it is shown."""

from __future__ import annotations

import numpy as np
import pytest
from core.scoring.memories import answer, examples

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.scoring.background import BACKGROUND_PROMPTS, background_pictures
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.scoring.prompts import encode_cached, text_prototypes
from vfrt_ros.core.sources.demo import SECONDS_PER_PHOTO, SHOTS, DemoSource
from vfrt_ros.core.types.errors import EncoderError, SourceError
from vfrt_ros.core.types.example import Change

PROMPTED = ("cat", "cup of coffee", "rocket", "motorcycle")
VIEWS = 16


@pytest.fixture(scope="module")
def scene() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    """Views of each subject, a second's worth of frames of the astronaut, and the background."""
    try:
        encoders = load_encoders("embedded", device="cpu")
        source = DemoSource(size=(640, 480), fps=30.0)
    except (EncoderError, SourceError) as error:
        pytest.skip(str(error))

    def seen(start: float, seconds: float, count: int) -> np.ndarray:
        times = start + np.linspace(0.0, seconds, count, endpoint=False)
        return encoders.backbone.encode_images([source.picture_at(t)[..., ::-1].copy() for t in times])

    views = {
        shot.subject: seen(i * SECONDS_PER_PHOTO, SECONDS_PER_PHOTO, VIEWS) for i, shot in enumerate(SHOTS)
    }
    frames = seen(4 * SECONDS_PER_PHOTO + 1.0, 1.0, 8)
    prompts = np.concatenate(
        [encode_cached(encoders.text, BACKGROUND_PROMPTS), text_prototypes(encoders.text, PROMPTED)]
    )
    return views, frames, prompts, encoders.backbone.encode_images(background_pictures())


@pytest.mark.parametrize("promise", [0.05, 0.1])
def test_prompts_first_then_a_lesson(scene, promise: float) -> None:
    views, frames, prompts, pictures = scene
    rule = CalibratedRule(RecognitionSettings(open_set_threshold=promise))
    rule.set_background(prompts[: -len(PROMPTED)], pictures)
    rule.set_prototypes(PROMPTED, prompts[-len(PROMPTED) :])

    def names() -> dict[str, set[str]]:
        return {subject: {answer(rule, row)[0] for row in rows} for subject, rows in views.items()}

    right = {subject: {subject} for subject in PROMPTED}
    assert names() == right | {"astronaut": {"unknown"}}
    rule.apply(Change(added=examples("astronaut", frames, batch=1)))
    assert names() == right | {"astronaut": {"astronaut"}}
