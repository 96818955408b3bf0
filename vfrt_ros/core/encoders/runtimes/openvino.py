# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The forward pass in OpenVINO, on a CPU.

A network is converted from its torch module once; the compiled model is kept on disk, and with it a later
start needs no torch at all. OpenVINO reports its use to its makers when imported, unless told not to: here
its reporting module is replaced by the stub that it brings along for machines without that module.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np

from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.runtimes.base import Network
from vfrt_ros.core.encoders.runtimes.cores import usable_cores
from vfrt_ros.core.encoders.runtimes.int8 import GROUP, compress
from vfrt_ros.core.types.errors import EncoderError

_KIND = "openvino"
# Compiled models are as large as their weights, and each version of a library makes new ones.
_KEPT = 12
_log = logging.getLogger(__name__)


@once
def import_openvino() -> Any:
    """OpenVINO with its telemetry off, also where somebody imported it before.

    `import openvino` imports `openvino_telemetry` if it can, and sends an event. A None in `sys.modules`
    makes that import fail, and OpenVINO falls back to its own stub.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    sys.modules.setdefault("openvino_telemetry.backend", None)  # type: ignore[arg-type]
    import openvino

    if sys.modules["openvino_telemetry"] is not None:
        from openvino.tools.ovc import telemetry_stub

        for name in ("convert_impl", "telemetry_utils", "main"):
            module = sys.modules.get(f"openvino.tools.ovc.{name}")
            if module is not None:
                module.tm = telemetry_stub  # type: ignore[attr-defined]
    return openvino


@once
def _core() -> Any:
    return import_openvino().Core()


def cpu_precision(precision: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Settle `auto`, and check that this processor has the arithmetic.

    OpenVINO takes bf16 wherever it exists. It is left out here where only AVX-512 has it: measured on a
    Xeon without AMX, one thread, bf16 took 1.6 times as long as f32 for EfficientNet-Lite0 and 1.3 times
    for CLIP ViT-B/32 (processor time, least of many). On another machine it took 0.6 and 0.4 times as long;
    that AMX is the difference is inferred, not measured.

    Args:
        precision: `auto`, `f32`, `bf16`, `f16` or `int8`.
        cpuinfo: Linux's description of the processor.

    Raises:
        EncoderError: bf16, f16 or int8 is asked for on a processor without it.
    """
    if precision == "auto":
        try:
            return "bf16" if "amx_bf16" in cpuinfo.read_text(encoding="utf-8").split() else "f32"
        except OSError:
            return "f32"
    able = set(_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    if {"f32": "FP32", "bf16": "BF16", "f16": "FP16", "int8": "INT8"}[precision] not in able:
        raise EncoderError(f"precision '{precision}' is not in this processor's arithmetic; use 'auto'")
    return precision


class OpenvinoRuntime:
    """A compiled model. Lock: `run` is serialised."""

    name = "openvino"

    def __init__(self, network: Network, precision: str) -> None:
        self.precision = precision
        self._lock = threading.Lock()
        self._compiled, memory = _compiled(network, precision)
        self._request = self._compiled.create_infer_request()
        self._memory = memory  # the last attribute, and so the last to go

    def run(self, *inputs: np.ndarray) -> tuple[np.ndarray, ...]:
        """See `Runtime.run`."""
        with self._lock:
            self._request.infer(dict(enumerate(inputs)), share_inputs=True)
            return tuple(
                self._request.get_output_tensor(i).data.copy() for i in range(len(self._compiled.outputs))
            )


def _compiled(network: Network, precision: str) -> tuple[Any, Any]:
    """The compiled model, and the memory that it computes with and that must outlive it."""
    openvino, config = import_openvino(), _config(precision)
    processor = _core().get_property("CPU", "FULL_DEVICE_NAME")
    key = cache.key_of(
        network.name, network.digest, network.library, precision, openvino.__version__, processor
    )
    blob = cache.load_mapped(_KIND, key)
    if blob is not None:
        try:
            stored = openvino.Tensor(blob, shared_memory=True)
            return _core().import_model(stored, "CPU", config), blob
        except RuntimeError as error:
            _log.warning("compiled model of %s cannot be read, compiling again: %s", network.name, error)
            cache.discard(_KIND, key)
    model = _convert(network)
    if precision == "int8":
        compress(model)
    compiled = _core().compile_model(model, "CPU", config)
    # The model is exported for this machine alone, so the key holds the processor's name.
    cache.store(_KIND, key, compiled.export_model().getvalue())
    cache.prune(_KIND, _KEPT)
    return compiled, None


def _convert(network: Network) -> Any:
    openvino = import_openvino()
    import torch

    module = network.build().eval()
    example = tuple(torch.from_numpy(array) for array in network.example)
    shapes = [list(array.shape) for array in network.example]
    for shape, axes in zip(shapes, network.dynamic, strict=False):
        for axis in axes:
            shape[axis] = -1
    with torch.inference_mode(), warnings.catch_warnings():
        # Tracing warns of every Python value that becomes a constant; the tests compare the results.
        warnings.simplefilter("ignore")
        return openvino.convert_model(
            module, example_input=example, input=[openvino.PartialShape(shape) for shape in shapes]
        )


def _config(precision: str) -> dict[str, Any]:
    groups = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": str(GROUP)} if precision == "int8" else {}
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32" if precision == "int8" else precision,
        "INFERENCE_NUM_THREADS": usable_cores(),
        **groups,
    }
