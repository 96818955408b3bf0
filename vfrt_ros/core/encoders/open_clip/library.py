# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The library open_clip, an extra that few need."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache as once
from typing import Any

from vfrt_ros.core.types.errors import EncoderError, first_line

REMEDY = "pip install --no-deps -r requirements/open_clip.txt"
_OPERATORS = ("nms", "qnms")
_declared: list[Any] = []
"""Keeps what was declared alive."""


def is_installed() -> bool:
    """Whether the library is there, without importing it."""
    return importlib.util.find_spec("open_clip") is not None


@once
def import_open_clip() -> Any:
    """The library.

    It imports torchvision, whose build on the package index needs CUDA: beside a torch for CPUs its compiled
    operators are missing, and it cannot even be imported. open_clip uses none of them, so they are declared, without
    anything behind them, where they are missing.

    Raises:
        EncoderError: It is not installed, or does not fit the torch that is; says what to do.
    """
    if not is_installed():
        raise EncoderError(f"open_clip is not installed; {REMEDY}")
    _declare_operators()
    try:
        return importlib.import_module("open_clip")
    except (ImportError, RuntimeError, AttributeError) as error:
        raise EncoderError(f"open_clip cannot be imported: {first_line(error)}; {REMEDY}") from error


def _declare_operators() -> None:
    import torch

    try:
        importlib.import_module("torchvision.extension")
        return
    except (ImportError, RuntimeError):
        pass
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in _OPERATORS:
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)
