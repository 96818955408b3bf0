"""From settings to what they name: the encoders' keywords, and the memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.memory.location import memory_file
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.record import Owner


def encoder_settings(settings: RecognitionSettings) -> dict[str, Any]:
    """The settings that choose an encoder, as `load_encoders` takes them."""
    names = (
        "backbone",
        "text_encoder",
        "device",
        "runtime",
        "precision",
        "model_path",
        "allow_download",
        "img_size",
    )
    return {name: getattr(settings, name) for name in (*names, "normalize", "seed")}


def open_memory(settings: RecognitionSettings, encoders: Encoders) -> Memory:
    """The memory that the settings name, for these encoders."""
    backbone = encoders.backbone
    owner = Owner(backbone.id, backbone.fingerprint, backbone.dim)
    path: Path | None = memory_file(settings.memory_path, backbone.id)
    return Memory(owner, path, index=settings.memory_index, nprobe=settings.nprobe)
