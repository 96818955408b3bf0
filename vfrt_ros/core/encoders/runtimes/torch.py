# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The forward pass in torch: on CUDA and MPS, and on a CPU without OpenVINO.

On CUDA: half precision, pinned host memory and asynchronous copies on the current stream.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import numpy as np

from vfrt_ros.core.encoders.runtimes.base import Arrays, Network
from vfrt_ros.core.encoders.runtimes.cores import usable_cores
from vfrt_ros.core.encoders.runtimes.precision import EXACT, check_agreement


class TorchRuntime:
    """A torch module on a device. Lock: `run` is serialised.

    Raises:
        EncoderError: in f16 or bf16 its embeddings have a cosine below .999 to those in f32.
    """

    name = "torch"
    streams = 1

    def __init__(self, network: Network, device: str, precision: str) -> None:
        import torch

        self.precision = precision
        self._torch = torch
        self._device = torch.device(device)
        self._dtype = torch.float32
        self._lock = threading.Lock()
        if device == "cpu":
            torch.set_num_threads(usable_cores())
        self._module = network.build().eval().to(self._device)
        if precision != EXACT:
            self._lower(network, {"f16": torch.float16, "bf16": torch.bfloat16}[precision])

    def _lower(self, network: Network, dtype: Any) -> None:
        """Compute in this type from now on, if that gives the embeddings of float32."""
        inputs = network.trial() or [network.example]
        exact = [self.run(*each) for each in inputs]
        self._dtype = dtype
        self._module = self._module.to(dtype)
        check_agreement(self.precision, network, exact, [self.run(*each) for each in inputs])

    def run(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """See `Runtime.run`."""
        with self._lock, self._torch.inference_mode():
            outputs = self._module(*(self._to_device(array) for array in inputs))
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            return tuple(output.float().cpu().numpy() for output in outputs)

    def run_each(self, inputs: Iterable[Arrays], count: int) -> list[Arrays]:
        """See `Runtime.run_each`."""
        return [self.run(*each) for each in inputs]

    def _to_device(self, array: np.ndarray) -> Any:
        tensor = self._torch.from_numpy(np.ascontiguousarray(array))
        if self._device.type == "cuda":
            tensor = tensor.pin_memory().to(self._device, non_blocking=True)
        else:
            tensor = tensor.to(self._device)
        # Pixels arrive as bytes and are cast inside the module; token ids stay whole numbers.
        return tensor.to(self._dtype) if tensor.is_floating_point() else tensor
