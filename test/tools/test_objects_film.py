# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

from tools.objects_film import FPS, write
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.factory import encoder_settings
from vfrt_ros.evaluation.boxed.features import see_things
from vfrt_ros.evaluation.boxed.finding import find
from vfrt_ros.evaluation.boxed.load import load_boxed


def test_motion_finds_what_crosses_the_table(tmp_path: Path) -> None:
    write(tmp_path, seconds=10.0, light=1.0)
    kind, pictures = load_boxed(tmp_path, warn=lambda text: None)
    settings = RecognitionSettings(backbone="fake", memory_path=":memory:")
    encoders = load_encoders(**encoder_settings(settings))
    things = see_things(pictures, encoders, seed=0, warn=lambda text: None, progress=False)
    assert kind == "COCO"
    assert {thing.label for thing in things} == {"cat", "cup of coffee"}
    found = find(things, encoders, settings, source="motion", ways=2, shots=2, fps=FPS)
    assert found.pictures > 20
    assert found.found > 0.8 * found.boxes
    assert found.false < found.pictures
