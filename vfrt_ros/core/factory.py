# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From settings to what they name: the encoders' keywords, and the memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Backbone, Encoders
from vfrt_ros.core.memory.location import memory_file
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.encoder_identity import EncoderIdentity


def encoder_settings(settings: RecognitionSettings) -> dict[str, Any]:
    """The settings that choose an encoder, as `load_encoders` takes them.

    Args:
        settings: Checked parameters.
    """
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
    """The memory that the settings name, for these encoders.

    Args:
        settings: `memory_path`, `memory_index` and `nprobe`.
        encoders: Loaded ones; the memory belongs to their space.
    """
    backbone = encoders.backbone
    path: Path | None = memory_file(settings.memory_path, backbone.id)
    return Memory(identity_of(backbone), path, index=settings.memory_index, nprobe=settings.nprobe)


def identity_of(backbone: Backbone) -> EncoderIdentity:
    """The identity of an encoder; one that names no space has a space of its own for each fingerprint.

    Args:
        backbone: One of ours, or a plug-in's.
    """
    space = getattr(backbone, "embedding_space", "") or backbone.fingerprint
    former = tuple(getattr(backbone, "former_spaces", ()))
    return EncoderIdentity(backbone.id, space, backbone.dim, former)
