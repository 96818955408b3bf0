# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The facts above the figures of an evaluation, and the line on stderr that says what is left out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vfrt_ros.core.config.settings import RecognitionSettings
    from vfrt_ros.core.encoders import Encoders
    from vfrt_ros.evaluation.run import Plan


def about_plan(plan: Plan, encoders: Encoders, settings: RecognitionSettings) -> dict[str, Any]:
    """The facts of a plan, by names for people.

    Args:
        plan: Of the episodes.
        encoders: That embedded the pictures.
        settings: Of the rules.
    """
    return {
        "encoder": encoders.note,
        "ways": plan.ways,
        "shots": ", ".join(map(str, plan.shots)),
        "episodes": plan.count,
        "seed": plan.seed,
        "unknown threshold": settings.open_set_threshold,
    }


def warn(text: str) -> None:
    """Say what is left out."""
    print(f"vfrt eval: {text}", file=sys.stderr)
