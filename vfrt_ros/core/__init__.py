# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Recognition without ROS: nothing below this package imports rclpy or a message.

from vfrt_ros.core import RecognitionSettings, Recogniser
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
    from vfrt_ros.core.recogniser import Recogniser
    from vfrt_ros.core.types.decision import Candidate, Decision
    from vfrt_ros.core.types.errors import VfrtError
    from vfrt_ros.core.types.reason import Reason

_HOMES = {
    "CameraSettings": "config.settings",
    "Candidate": "types.decision",
    "Decision": "types.decision",
    "Reason": "types.decision",
    "RecognitionSettings": "config.settings",
    "Recogniser": "recogniser",
    "VfrtError": "types.errors",
}

__all__ = [
    "CameraSettings",
    "Candidate",
    "Decision",
    "Reason",
    "Recogniser",
    "RecognitionSettings",
    "VfrtError",
]


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: `vfrt --help` needs no OpenCV."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
