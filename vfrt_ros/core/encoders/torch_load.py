# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Reading pickled weights, and the torch that may do it."""

from __future__ import annotations

import re
from importlib import metadata

from vfrt_ros.core.types.errors import EncoderError

SAFE_SINCE = (2, 6)


def check_torch_load(what: str, version: str | None = None) -> None:
    """Refuse to read pickled weights with a torch that can be made to run code by them.

    Args:
        what: the file, for the message.
        version: of torch; the installed one unless given.

    Raises:
        EncoderError: torch is older than 2.6, or not installed.

    Source: CVE-2025-32434: `torch.load(weights_only=True)` could run code before torch 2.6.

    >>> check_torch_load("weights.bin", "2.13.0+cpu")
    """
    try:
        version = version or metadata.version("torch")
    except metadata.PackageNotFoundError:
        raise EncoderError(f"reading {what} needs torch, which is not installed; pip install torch") from None
    if not is_safe(version):
        raise EncoderError(
            f"{what} is a pickle, and torch {version} can be made to run code by one (CVE-2025-32434); "
            "install torch 2.6 or newer, or use weights in safetensors"
        )


def is_safe(version: str) -> bool:
    """Whether this torch reads pickled weights without running what is in them.

    >>> is_safe("2.5.1"), is_safe("2.13.0+cpu")
    (False, True)
    """
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2]) >= SAFE_SINCE
