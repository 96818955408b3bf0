# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A network that a runtime can build, and the interface of a forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

Arrays = tuple[np.ndarray, ...]


def first_output(outputs: Arrays) -> np.ndarray:
    """(n, d) float32 embeddings of a network whose first output they are."""
    return outputs[0]


@dataclass(frozen=True)
class Network:
    """A network that a runtime can build when it needs to, and not before.

    Attributes:
        name: for messages and file names.
        digest: of the weights and the code that uses them; a compiled copy is found by it.
        build: makes the torch module in evaluation mode, on the CPU, in float32. It takes and returns
            plain tensors (one, or a tuple).
        example: one array per input, as the module takes it.
        dynamic: for each input the axes whose length varies; empty for a fixed shape.
        library: names and versions that a compiled copy depends on beside the runtime's own.
        trial: makes the inputs of a few real pictures, a forward pass each, by which precisions are compared;
            none = by the example.
        embed: turns a forward pass's outputs into (n, d) embeddings, of any length.
        exact_layers: so many of the first layers with weights stay in float32 where OpenVINO computes the rest in bf16;
            for a network whose embeddings would not be those of float32 otherwise.
    """

    name: str
    digest: str
    build: Callable[[], Any]
    example: tuple[np.ndarray, ...]
    dynamic: tuple[tuple[int, ...], ...] = ()
    library: str = field(default="")
    trial: Callable[[], Sequence[Arrays]] = tuple
    embed: Callable[[Arrays], np.ndarray] = first_output
    exact_layers: int = 0


class Runtime(Protocol):
    """A loaded network. Its methods may be called from several threads; calls wait for one another.

    Attributes:
        name: Of the runtime.
        precision: That it computes with.
        streams: How many inputs `run_each` works on at the same time.
    """

    name: str
    precision: str
    streams: int

    def run(self, *inputs: np.ndarray) -> Arrays:
        """Args: arrays as in `Network.example`. Returns: the outputs as float32 arrays of their own."""
        ...

    def run_each(self, inputs: Iterable[Arrays], count: int) -> list[Arrays]:
        """As `run`, for each of many inputs, which are taken one by one as they can be worked on.

        Args:
            inputs: Arrays as in `Network.example`, each.
            count: How many there are.
        """
        ...
