"""Recognition without ROS: nothing below this package imports rclpy or a message.

from vfrt_ros.core import RecognitionSettings, Recogniser
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vfrt_ros.core.decision import Candidate, Decision, Reason
    from vfrt_ros.core.errors import VfrtError
    from vfrt_ros.core.recogniser import Recogniser
    from vfrt_ros.core.settings import CameraSettings, RecognitionSettings

_HOMES = {
    "CameraSettings": "settings",
    "Candidate": "decision",
    "Decision": "decision",
    "Reason": "decision",
    "RecognitionSettings": "settings",
    "Recogniser": "recogniser",
    "VfrtError": "errors",
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
