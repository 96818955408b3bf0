# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The choice of what runs a network, and of the numbers that it computes with."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass

from vfrt_ros.core.encoders.runtimes.base import Network, Runtime
from vfrt_ros.core.types.errors import EncoderError, nearest

RUNTIMES = ("auto", "torch", "openvino")
PRECISIONS = ("auto", "f32", "bf16", "f16", "int8")


@dataclass(frozen=True)
class RuntimeChoice:
    """Which runtime and precision a network runs with, and why; `load` makes it."""

    network: Network
    runtime: str
    device: str
    precision: str
    why: str

    def load(self, *, many: bool = False) -> Runtime:
        """Build or read the network; see the runtime's own module.

        Args:
            many: It will be given many inputs at a time, each by itself (`run_each`).
        """
        if self.runtime == "openvino":
            from vfrt_ros.core.encoders.runtimes.openvino import OpenvinoRuntime

            return OpenvinoRuntime(self.network, self.precision, many=many)
        from vfrt_ros.core.encoders.runtimes.torch import TorchRuntime

        return TorchRuntime(self.network, self.device, self.precision)


def choose_runtime(
    network: Network, runtime: str = "auto", device: str = "cpu", precision: str = "auto"
) -> RuntimeChoice:
    """Settle runtime and precision of a network for a device.

    Args:
        network: What is to run.
        runtime: one of `RUNTIMES`; `auto` is openvino on the CPU where it is installed, else torch.
        device: `cpu`, `cuda` or `mps`, already chosen (device.py).
        precision: one of `PRECISIONS`; `auto` is f16 on cuda; under openvino bf16 or f16 where
            that is faster than f32 and agrees with it, measured when the network is compiled for the first time on this
            processor; else f32.

    Raises:
        EncoderError: a name is unknown, openvino is asked for on a device that it does not serve here or
            is not installed, or the precision does not fit the device or the network.
    """
    _check("runtime", runtime, RUNTIMES)
    _check("precision", precision, PRECISIONS)
    if runtime == "openvino" and device != "cpu":
        raise EncoderError(f"runtime 'openvino' serves device 'cpu', got '{device}'; use runtime 'torch'")
    here = importlib.util.find_spec("openvino") is not None
    if runtime == "openvino" and not here:
        raise EncoderError("runtime 'openvino' is not installed; pip install openvino, or use 'torch'")
    if device == "cpu" and runtime != "torch" and here:
        from vfrt_ros.core.encoders.runtimes.openvino import settle_precision

        return RuntimeChoice(network, "openvino", "cpu", *settle_precision(network, precision))
    why = {"cpu": "asked for" if runtime == "torch" else "openvino is not installed, which is slower"}
    return RuntimeChoice(
        network, "torch", device, _torch_precision(precision, device), why.get(device, f"{device} is there")
    )


def _torch_precision(precision: str, device: str) -> str:
    if precision == "auto":
        return "f16" if device == "cuda" else "f32"
    if device == "cpu" and precision == "f16":
        raise EncoderError("precision 'f16' has no use on a CPU; use 'bf16' or 'f32'")
    if precision == "int8":
        raise EncoderError("precision 'int8' is there with runtime 'openvino' on a CPU only; use 'auto'")
    return precision


def _check(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise EncoderError(
            f"{what}: expected one of {', '.join(known)}, got '{value}'.{nearest(value, known)}"
        )
