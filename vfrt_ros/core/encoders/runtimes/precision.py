# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which precision a network runs in: measured, and refused where its embeddings are not those of float32."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

import numpy as np

from vfrt_ros.core.encoders.runtimes.base import Arrays, Network, Runtime
from vfrt_ros.core.types.errors import EncoderError

EXACT = "f32"
MIN_COSINE = 0.999
"""Embeddings this near to those of float32 share its memory."""
MIN_GAIN = 1.05
"""So many times as fast as a more exact precision one must be to be taken instead of it."""
TURNS, MIN_TURNS = 15, 3
SECONDS = 1.0
"""Turns end after this, once there are `MIN_TURNS`; in a turn each precision runs each picture once."""


@dataclass(frozen=True, slots=True)
class PrecisionTrial:
    """Times and cosines of a network in some precisions on this processor.

    Attributes:
        milliseconds: By precision, the median of a forward pass.
        cosines: By precision, the least cosine between its embedding of a picture and that of float32.
    """

    milliseconds: Mapping[str, float]
    cosines: Mapping[str, float]

    @property
    def best(self) -> str:
        """The fastest precision that agrees with float32; of those that are hardly slower, the nearest to float32."""
        able = [name for name, cosine in self.cosines.items() if name == EXACT or cosine >= MIN_COSINE]
        limit = MIN_GAIN * min(self.milliseconds[name] for name in able)
        quick = [name for name in able if self.milliseconds[name] <= limit]
        return EXACT if EXACT in quick else max(quick, key=lambda name: self.cosines[name])

    @property
    def why(self) -> str:
        """For people, such as `measured: bf16 2.1 ms, f32 3.3 ms`."""
        return "measured: " + ", ".join(
            f"{name} {self.milliseconds[name]:.1f} ms"
            + (f" but a cosine of {cosine:.4f} to f32" if cosine < MIN_COSINE else "")
            for name, cosine in sorted(self.cosines.items(), key=lambda item: self.milliseconds[item[0]])
        )

    def to_json(self) -> bytes:
        """For the cache."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> PrecisionTrial:
        """As `to_json` wrote it."""
        return cls(**json.loads(content))


def compare_precisions(
    network: Network,
    load: Callable[[str], Runtime],
    precisions: Sequence[str],
    clock: Callable[[], float] = time.perf_counter,
) -> PrecisionTrial:
    """Run a network's trial in float32 and other precisions, in turns, so that a busy machine slows all alike.

    Args:
        network: What is to run; without pictures for its trial, its example stands in for them.
        load: Makes it run in a precision.
        precisions: Others than float32.
        clock: Seconds.
    """
    inputs = network.trial() or [network.example]
    runtimes = {name: load(name) for name in (EXACT, *precisions)}
    exact = [network.embed(runtimes[EXACT].run(*each)) for each in inputs]
    cosines = {
        name: least_cosine(exact, [network.embed(runtime.run(*each)) for each in inputs])
        for name, runtime in runtimes.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in runtimes}
    started = clock()
    for turn in range(TURNS):
        if turn >= MIN_TURNS and clock() - started > SECONDS:
            break
        for each in inputs:
            for name, runtime in runtimes.items():
                begun = clock()
                runtime.run(*each)
                seconds[name].append(clock() - begun)
    return PrecisionTrial({name: 1e3 * median(times) for name, times in seconds.items()}, cosines)


def check_agreement(
    precision: str, network: Network, exact: Sequence[Arrays], other: Sequence[Arrays]
) -> None:
    """Refuse a precision whose embeddings are not those of float32.

    Args:
        precision: Its name.
        network: The one that ran its trial.
        exact, other: Its outputs in float32 and in the precision.

    Raises:
        EncoderError: The least cosine is below `MIN_COSINE`.
    """
    refuse_disagreement(
        precision,
        network,
        least_cosine([network.embed(each) for each in exact], [network.embed(each) for each in other]),
    )


def refuse_disagreement(precision: str, network: Network, cosine: float) -> None:
    """As `check_agreement`, of a cosine that was measured before."""
    if cosine < MIN_COSINE:
        raise EncoderError(
            f"precision '{precision}' gives embeddings of {network.name} with a cosine of {cosine:.4f} to those of "
            f"{EXACT}, and {MIN_COSINE} is needed to share its memory; use precision '{EXACT}' or 'auto'"
        )


def least_cosine(one: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> float:
    """The least cosine between rows of the same place; 1 where there are none, NaN counts as 0.

    >>> least_cosine([np.array([[1.0, 0.0]])], [np.array([[2.0, 0.0]])])
    1.0
    """
    cosines = [1.0]
    for a, b in zip(one, other, strict=True):
        lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        cosines += list(np.nan_to_num((a * b).sum(1) / np.maximum(lengths, 1e-12)))
    return float(min(cosines))
