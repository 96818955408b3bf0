# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's look at the encoder: which one would be used, and whether its weights can be had."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from vfrt_ros.cli.doctor.check_result import CheckResult, Level

_HUB = "https://huggingface.co"
_HUB_SECONDS = 3.0


def check_encoder(
    environment: Mapping[str, str] = os.environ, hub_answers: Callable[[], bool] | None = None
) -> CheckResult:
    """The encoder that would be used.

    Args:
        environment: For `VFRT_BACKBONE`, `VFRT_MODEL_PATH` and `VFRT_ALLOW_DOWNLOAD`.
        hub_answers: Whether the hub can be reached; asked only where it matters. None = try.
    """
    from vfrt_ros.core.encoders import CATALOG
    from vfrt_ros.core.encoders.clip.files import at_hand
    from vfrt_ros.core.encoders.load import PREFERRED
    from vfrt_ros.core.encoders.weights import has_weights_of_its_own

    asked = environment.get("VFRT_BACKBONE", "auto")
    if has_weights_of_its_own(asked):
        return _check_weights(asked, environment, hub_answers or _hub_answers)
    if asked not in ("auto", "embedded"):
        return _check_name(asked)
    if asked == "auto" and at_hand(CATALOG[PREFERRED].model_id):
        return CheckResult("encoder", Level.OK, f"auto chooses {PREFERRED}: its weights are on this machine")
    return _check_embedded(asked)


def _check_embedded(asked: str) -> CheckResult:
    from vfrt_ros.core.encoders import CATALOG
    from vfrt_ros.core.encoders.embedded.packaged import PACKAGES, missing_packages
    from vfrt_ros.core.encoders.load import PREFERRED

    if missing := missing_packages():
        todo = " and ".join(PACKAGES[name] for name in missing)
        return CheckResult("encoder", Level.BROKEN, f"embedded lacks {', '.join(missing)}", todo)
    if asked == "embedded":
        return CheckResult("encoder", Level.OK, "embedded, as VFRT_BACKBONE says")
    todo = f"`vfrt models pull {PREFERRED}` fetches them ({CATALOG[PREFERRED].size_mb} MB)"
    text = f"auto chooses embedded: the weights of {PREFERRED} are not on this machine"
    return CheckResult("encoder", Level.OK, text, todo)


def _check_name(asked: str) -> CheckResult:
    from vfrt_ros.core.encoders.registry import BACKBONE_BUILDERS, backbone_names
    from vfrt_ros.core.types.errors import nearest

    if asked in {*backbone_names(), *BACKBONE_BUILDERS}:
        return CheckResult("encoder", Level.OK, f"{asked}, as VFRT_BACKBONE says")
    text = f"VFRT_BACKBONE is '{asked}', and there is no such encoder.{nearest(asked, backbone_names())}"
    return CheckResult("encoder", Level.BROKEN, text, "`vfrt models list` shows them")


def _check_weights(
    asked: str, environment: Mapping[str, str], hub_answers: Callable[[], bool]
) -> CheckResult:
    """Whether the weights of a model of the hub are here, or can be fetched."""
    from vfrt_ros.core.encoders.weights import find_weights
    from vfrt_ros.core.types.errors import EncoderError

    model_path = environment.get("VFRT_MODEL_PATH", "")
    try:
        folder = find_weights(asked, model_path)
    except EncoderError as error:
        if model_path:
            return CheckResult("encoder", Level.BROKEN, str(error), "correct or unset VFRT_MODEL_PATH")
    else:
        return CheckResult("encoder", Level.OK, f"{asked}, as VFRT_BACKBONE says, from {folder}")
    text = f"{asked}, as VFRT_BACKBONE says, but its weights are not on this machine"
    if not hub_answers():
        carry = f"carry the folder of `vfrt models path {asked}` here and set VFRT_MODEL_PATH to it"
        text += " and the hub cannot be reached"
        return CheckResult(
            "encoder", Level.BROKEN, text, f"{carry}, or unset VFRT_BACKBONE: embedded needs none"
        )
    if environment.get("VFRT_ALLOW_DOWNLOAD", "").lower() in ("1", "true", "yes", "on"):
        return CheckResult("encoder", Level.NOTE, f"{text}; they are fetched at the start")
    return CheckResult("encoder", Level.BROKEN, text, f"`vfrt models pull {asked}`")


def _hub_answers() -> bool:
    """Whether the hub takes a connection; a proxy is asked in its place."""
    address = os.environ.get("HF_ENDPOINT") or _HUB
    proxy = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""
    parts = urlsplit(proxy or address)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    try:
        with socket.create_connection((parts.hostname or "", port), _HUB_SECONDS):
            return True
    except OSError:
        return False
