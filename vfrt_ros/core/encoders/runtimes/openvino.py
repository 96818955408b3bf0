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
from collections import deque
from collections.abc import Iterable, Sequence
from functools import cache as once
from itertools import islice
from typing import Any

import numpy as np

from vfrt_ros.core.encoders import cache
from vfrt_ros.core.encoders.quiet_transformers import quiet_transformers
from vfrt_ros.core.encoders.runtimes.base import Arrays, Network
from vfrt_ros.core.encoders.runtimes.cores import usable_cores
from vfrt_ros.core.encoders.runtimes.exact_layers import keep_exact
from vfrt_ros.core.encoders.runtimes.int8 import GROUP, compress
from vfrt_ros.core.encoders.runtimes.precision import (
    EXACT,
    PrecisionTrial,
    compare_precisions,
    refuse_disagreement,
)
from vfrt_ros.core.types.errors import EncoderError

_KIND = "openvino"
_TRIALS = "precision"
_CAPABILITIES = {"f32": "FP32", "bf16": "BF16", "f16": "FP16", "int8": "INT8"}
"""OpenVINO's names of what a processor can compute with."""
HALVES = ("bf16", "f16")
"""Numbers of 16 bits, of which `auto` tries what the processor has."""
MOST_STREAMS = 8
"""Each holds the memory of a forward pass."""
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


def settle_precision(network: Network, precision: str) -> tuple[str, str]:
    """Settle `auto`, and check that this processor has the arithmetic and that its embeddings are those of f32.

    `auto` takes bf16 or f16 where that is faster than f32 and agrees with it. What was measured is kept with the
    compiled models, so that later starts only read it.

    Args:
        network: What is to run.
        precision: `auto`, `f32`, `bf16`, `f16` or `int8`.

    Returns:
        The precision, and why it was taken.

    Raises:
        EncoderError: bf16, f16 or int8 is asked for on a processor without it, or bf16 or f16 where the network's
            embeddings in it have a cosine below .999 to those in f32.
    """
    able = set(_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    if precision == "auto":
        halves = [name for name in HALVES if _CAPABILITIES[name] in able]
        if not halves:
            return EXACT, "the processor has neither bf16 nor f16"
        trial = _trial(network, halves)
        return trial.best, trial.why
    if _CAPABILITIES[precision] not in able:
        raise EncoderError(f"precision '{precision}' is not in this processor's arithmetic; use 'auto'")
    if precision in ("bf16", "f16"):
        refuse_disagreement(precision, network, _trial(network, [precision]).cosines[precision])
    return precision, "as asked for"


def _trial(network: Network, precisions: Sequence[str]) -> PrecisionTrial:
    """How precisions do beside f32, as measured once on this processor."""
    tried = ", ".join(precisions)
    key = _key(network, f"f32 against {tried} on {usable_cores()}")
    kept = cache.load(_TRIALS, key)
    if kept is not None:
        return PrecisionTrial.from_json(kept)
    trial = compare_precisions(network, lambda name: OpenvinoRuntime(network, name), precisions)
    _log.info("%s in %s on this processor, %s", network.name, tried, trial.why)
    cache.store(_TRIALS, key, trial.to_json())
    return trial


class OpenvinoRuntime:
    """A compiled model. Lock: `run` and `run_each` are serialised.

    Args:
        network: What is to run.
        precision: Settled before.
        many: `run_each` will be called: it gets a model of its own, which runs an input on each core. That takes less
            time for many inputs than all cores on each in turn, and more for one.
    """

    name = "openvino"

    def __init__(self, network: Network, precision: str, *, many: bool = False) -> None:
        self.precision = precision
        self.streams = min(usable_cores(), MOST_STREAMS) if many else 1
        self._lock = threading.Lock()
        self._model = _Model(network, precision, 1)
        self._streamed = _Model(network, precision, self.streams) if self.streams > 1 else self._model

    def run(self, *inputs: np.ndarray) -> Arrays:
        """See `Runtime.run`."""
        with self._lock:
            return self._model.run(inputs)

    def run_each(self, inputs: Iterable[Arrays], count: int) -> list[Arrays]:
        """See `Runtime.run_each`. All cores work on one that would be left over for a single core."""
        waiting = iter(inputs)
        left_over = int(count % self.streams == 1)
        with self._lock:
            answers = self._streamed.run_each(islice(waiting, count - left_over))
            return answers + [self._model.run(each) for each in waiting]


class _Model:
    """A compiled model with a request for each of its streams; one thread at a time uses it."""

    def __init__(self, network: Network, precision: str, streams: int) -> None:
        compiled, memory = _compiled(network, precision, streams)
        self._outputs = range(len(compiled.outputs))
        self._requests = [compiled.create_infer_request() for _ in range(streams)]
        self._memory = memory  # the last attribute, and so the last to go

    def run(self, inputs: Arrays) -> Arrays:
        """The outputs, by the first stream."""
        self._requests[0].infer(dict(enumerate(inputs)), share_inputs=True)
        return self._outputs_of(self._requests[0])

    def run_each(self, inputs: Iterable[Arrays]) -> list[Arrays]:
        """The outputs of each; a stream's next input is taken when it is done with the one before."""
        answers: list[Arrays] = []
        running: deque[tuple[Any, Arrays]] = deque()  # with its inputs, whose memory it reads
        try:
            for number, each in enumerate(inputs):
                if len(running) == len(self._requests):
                    answers.append(self._answer(running.popleft()[0]))
                request = self._requests[number % len(self._requests)]
                request.start_async(dict(enumerate(each)), share_inputs=True)
                running.append((request, each))
            while running:
                answers.append(self._answer(running.popleft()[0]))
        finally:
            for request, _ in running:
                request.wait()
        return answers

    def _answer(self, request: Any) -> Arrays:
        request.wait()
        return self._outputs_of(request)

    def _outputs_of(self, request: Any) -> Arrays:
        return tuple(request.get_output_tensor(i).data.copy() for i in self._outputs)


def _compiled(network: Network, precision: str, streams: int) -> tuple[Any, Any]:
    """The compiled model, and the memory that it computes with and that must outlive it."""
    openvino, config = import_openvino(), compile_options(precision, streams)
    numbers = f"{precision} by {GROUP}" if precision == "int8" else precision
    key = _key(network, numbers if streams == 1 else f"{numbers} in {streams} streams")
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
    if precision == "bf16" and network.exact_layers:
        model = keep_exact(model, network.exact_layers)
    compiled = _core().compile_model(model, "CPU", config)
    # The model is exported for this machine alone, so the key holds the processor's name.
    cache.store(_KIND, key, compiled.export_model().getvalue())
    cache.prune(_KIND, _KEPT)
    return compiled, None


def _key(network: Network, what: str) -> str:
    """Of something that holds for this network, version of OpenVINO and processor."""
    version, processor = import_openvino().__version__, _core().get_property("CPU", "FULL_DEVICE_NAME")
    exact = f"{network.exact_layers} layers of float32"
    return cache.key_of(network.name, network.digest, network.library, exact, what, version, processor)


def _convert(network: Network) -> Any:
    openvino = import_openvino()
    import torch

    module = network.build().eval()
    example = tuple(torch.from_numpy(array) for array in network.example)
    shapes = [list(array.shape) for array in network.example]
    for shape, axes in zip(shapes, network.dynamic, strict=False):
        for axis in axes:
            shape[axis] = -1
    with torch.inference_mode(), warnings.catch_warnings(), quiet_transformers():
        # Tracing warns of every Python value that becomes a constant; the tests compare the results.
        warnings.simplefilter("ignore")
        return openvino.convert_model(
            module, example_input=example, input=[openvino.PartialShape(shape) for shape in shapes]
        )


def compile_options(precision: str, streams: int = 1) -> dict[str, Any]:
    """The options, by OpenVINO's names, with which a model runs in a precision as quickly as it can.

    Args:
        precision: `f32`, `bf16`, `f16` or `int8`.
        streams: Inputs that are run at the same time, which share the cores; 1 = all cores work on each.
    """
    groups = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": str(GROUP)} if precision == "int8" else {}
    shared = {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": streams}
    return {
        **({"PERFORMANCE_HINT": "LATENCY"} if streams == 1 else shared),
        "INFERENCE_PRECISION_HINT": "f32" if precision == "int8" else precision,
        "INFERENCE_NUM_THREADS": usable_cores(),
        **groups,
    }
