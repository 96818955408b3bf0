"""The fusion rule that the settings name, ready for a memory and its encoders."""

from __future__ import annotations

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.prompts import encode_cached
from vfrt_ros.core.scoring.background import BACKGROUND_PROMPTS, background_pictures
from vfrt_ros.core.scoring.calibrated import CalibratedRule
from vfrt_ros.core.scoring.evidence import FusionRule
from vfrt_ros.core.scoring.late import LateRule
from vfrt_ros.core.settings import RecognitionSettings


def build_rule(settings: RecognitionSettings, memory: Memory, encoders: Encoders) -> FusionRule:
    """An empty rule: examples and prototypes are still to be given to it."""
    if settings.fuse == "late":
        return LateRule(settings, memory.search)
    rule = CalibratedRule(settings)
    rule.set_background(
        encode_cached(encoders.text, BACKGROUND_PROMPTS),
        encoders.backbone.encode_images(background_pictures()),
    )
    return rule
