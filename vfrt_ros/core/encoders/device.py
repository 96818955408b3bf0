# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The one place where a device is chosen."""

from __future__ import annotations

import importlib
import importlib.util
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from vfrt_ros.core.types.errors import EncoderError, nearest

# NVIDIA on a PC and on Jetson; AMD, whose torch calls its device cuda too; WSL.
_DRIVERS = ("nvidiactl", "nvgpu", "nvhost-gpu", "kfd", "dxg")
DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(device: str = "auto", torch: Any = None) -> str:
    """Settle `auto` and check that the device asked for is there.

    Args:
        device: one of `DEVICES`; `auto` is cuda, else mps, else cpu.
        torch: the module to ask; torch itself unless a test gives another.

    Returns:
        `cpu`, `cuda` or `mps`.

    Raises:
        EncoderError: the name is unknown, or this machine has no such device.

    `cpu` is answered without importing torch. So is `auto` where no graphics device can be there.
    """
    if device not in DEVICES:
        raise EncoderError(
            f"device: expected one of {', '.join(DEVICES)}, got '{device}'.{nearest(device, DEVICES)}"
        )
    if device == "cpu" or (device == "auto" and torch is None and not _may_have_gpu()):
        return "cpu"
    torch = torch if torch is not None else _import_torch(device)
    present = {"cuda": bool(torch.cuda.is_available()), "mps": bool(torch.backends.mps.is_available())}
    if device == "auto":
        return next((name for name in ("cuda", "mps") if present[name]), "cpu")
    if not present[device]:
        raise EncoderError(
            f"device '{device}' was asked for, but torch {torch.__version__} finds none on this machine; "
            "use device 'auto' or 'cpu'"
        )
    return device


def _import_torch(device: str) -> Any:
    if importlib.util.find_spec("torch") is None:
        raise EncoderError(f"device '{device}' needs torch, which is not installed; pip install torch")
    return importlib.import_module("torch")


def _may_have_gpu() -> bool:
    """False only where torch could certainly use none, so that it need not be imported to be asked."""
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    try:
        return not metadata.version("torch").endswith("+cpu") and _has_driver()
    except metadata.PackageNotFoundError:
        return False


def _has_driver() -> bool:
    return any(Path("/dev", name).exists() for name in _DRIVERS)
