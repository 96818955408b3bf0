# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""From settings to encoders: the choice, its reason, and the check that text and pictures meet."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.catalog import CATALOG
from vfrt_ros.core.encoders.device import choose_device
from vfrt_ros.core.encoders.protocols import Backbone, Encoders, TextEncoder
from vfrt_ros.core.encoders.registry import PREFIXES, build_backbone, build_text_encoder
from vfrt_ros.core.types.errors import EncoderError, first_line

PREFERRED = "clip_vit_b32"
DEVICE_FAULTS = (RuntimeError, AssertionError, OSError, MemoryError, EncoderError)
"""Errors that torch raises where a device has no kernel for it, no memory, or a driver that is too old; a plug-in's
faults come as EncoderError."""

_log = logging.getLogger(__name__)


def load_encoders(
    backbone: str = "auto",
    text_encoder: str = "auto",
    *,
    device: str = "auto",
    runtime: str = "auto",
    precision: str = "auto",
    model_path: str = "",
    allow_download: bool = False,
    img_size: int = 0,
    normalize: bool = True,
    seed: int = 42,
) -> Encoders:
    """Build a backbone and the text encoder of its space.

    Args:
        backbone: a name of `registry.backbone_names()`, one behind a prefix (`hf:`, `open_clip:`, `image:`), or `auto`:
            clip_vit_b32 where its weights are at hand or can be fetched, else embedded.
        text_encoder: likewise, or `auto`: the backbone's own partner.
        device: `auto`, `cpu`, `cuda` or `mps`.
        runtime: `auto`, `torch` or `openvino`.
        precision: `auto`, `f32`, `bf16` or `f16`.
        model_path: folder of weights for a Hugging Face model; looked into before anything else.
        allow_download: whether weights may be fetched.
        img_size: side of the network's input; 0 is the model's own.
        normalize: bring a plug-in's vectors to unit norm; false where it is known to do so itself.
        seed: for anything random in an encoder.

    Raises:
        EncoderError: a name is unknown, weights are missing, device, runtime or precision cannot be had,
            or the text encoder is of another space. A device that `auto` chose and that fails is replaced by the
            CPU, which is logged; one that was named stops here.

    >>> encoders = load_encoders("fake", device="cpu")
    >>> encoders.backbone.id, encoders.text.id, encoders.note
    ('fake', 'fake_text', 'fake, as asked for; on cpu')
    """
    chosen = choose_device(device)
    keywords: dict[str, Any] = {
        "runtime": runtime, "precision": precision, "model_path": model_path,
        "allow_download": allow_download, "img_size": img_size, "normalize": normalize, "seed": seed,
    }  # fmt: skip
    if chosen == "cpu":
        return _load(backbone, text_encoder, {**keywords, "device": chosen})
    try:
        return _tried(_load(backbone, text_encoder, {**keywords, "device": chosen}))
    except DEVICE_FAULTS as error:
        if device != "auto":
            raise _failed(chosen, error) from error
        _log.warning(f"Device {chosen} is there and fails: {first_line(error)}. The CPU is used instead.")
    encoders = _load(backbone, text_encoder, {**keywords, "device": "cpu"})
    return replace(encoders, note=f"{encoders.note}, since {chosen} failed")


def _load(backbone: str, text_encoder: str, keywords: dict[str, Any]) -> Encoders:
    """The encoders on the device of the keywords."""
    device = keywords["device"]
    pictures, why = _backbone(backbone, keywords)
    text = _text(text_encoder, pictures, keywords)
    check_pair(pictures, text)
    return Encoders(pictures, text, device, f"{pictures.id}, {why}; on {_where(pictures, device)}")


def _tried(encoders: Encoders) -> Encoders:
    """The encoders, once they have encoded a picture and a text: a device may fail as late as then."""
    encoders.backbone.encode_images([np.zeros((64, 64, 3), np.uint8)])
    encoders.text.encode_text(["a photo"] if encoders.has_text else [])
    return encoders


def _failed(device: str, error: BaseException) -> EncoderError:
    if isinstance(error, EncoderError):
        return error
    return EncoderError(
        f"device '{device}' was asked for, and it fails: {first_line(error)}; use device 'auto' or 'cpu'"
    )


def check_pair(backbone: Backbone, text: TextEncoder) -> None:
    """Raises: EncoderError where the two don't share a space: another length, or another `space`."""
    if backbone.dim != text.dim:
        raise EncoderError(
            f"text_encoder '{text.id}' gives vectors of {text.dim} numbers and backbone '{backbone.id}' of "
            f"{backbone.dim}; they cannot be compared: use text_encoder 'auto'"
        )
    spaces = getattr(backbone, "space", None), getattr(text, "space", None)
    if None not in spaces and spaces[0] != spaces[1]:
        raise EncoderError(
            f"text_encoder '{text.id}' was not trained together with backbone '{backbone.id}'; their vectors "
            "cannot be compared: use text_encoder 'auto'"
        )


def _backbone(name: str, keywords: dict[str, Any]) -> tuple[Any, str]:
    if name != "auto":
        return build_backbone(name, **keywords), "as asked for"
    from vfrt_ros.core.encoders.clip.files import at_hand

    if keywords["model_path"] or at_hand(CATALOG[PREFERRED].model_id):
        return build_backbone(PREFERRED, **keywords), "chosen since its weights are at hand"
    if not keywords["allow_download"]:
        return build_backbone("embedded", **keywords), (
            f"chosen since the weights of {PREFERRED} are not on this machine and allow_download is off"
        )
    try:
        return build_backbone(PREFERRED, **keywords), "chosen since its weights could be fetched"
    except EncoderError as error:
        return build_backbone("embedded", **keywords), f"chosen since {PREFERRED} could not be had ({error})"


def _text(name: str, backbone: Any, keywords: dict[str, Any]) -> Any:
    if name == "auto":
        name = getattr(backbone, "partner", "")
        if not name:
            raise EncoderError(f"backbone '{backbone.id}' names no text encoder of its own; set text_encoder")
    own = getattr(backbone, "partner", "")
    if name.startswith(PREFIXES) and name != own:
        # The folder of weights belongs to the backbone, not to another model's text encoder.
        keywords = {**keywords, "model_path": ""}
    return build_text_encoder(name, **keywords, backbone=backbone)


def _where(backbone: Any, device: str) -> str:
    choice = getattr(backbone, "choice", None)
    if choice is None:
        return device
    return f"{device} by {choice.runtime} in {choice.precision} ({choice.why})"
