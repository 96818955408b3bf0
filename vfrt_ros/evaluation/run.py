# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""An evaluation: every method in every episode, on all cores."""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import Encoders, load_encoders
from vfrt_ros.core.factory import encoder_settings
from vfrt_ros.core.types.counted import counted
from vfrt_ros.evaluation.dataset import DatasetError
from vfrt_ros.evaluation.episodes import episodes
from vfrt_ros.evaluation.features import Features
from vfrt_ros.evaluation.methods import Method, ask
from vfrt_ros.evaluation.outcome import Outcome
from vfrt_ros.evaluation.progress import progress_settings
from vfrt_ros.evaluation.threads import one_thread_each

CHUNK = 4
"""Episodes that a process does at once."""


class OtherSpace(Protocol):
    """Another space than the encoders' own."""

    def features(self, features: Features) -> Features:
        """A data set in it."""

    def encoders(self, encoders: Encoders) -> Encoders:
        """Encoders whose vectors are of it."""


class RememberingBackbone:
    """A backbone that encodes the same pictures once: every new rule asks for those of its background."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._known: dict[bytes, np.ndarray] = {}
        self.id, self.fingerprint = inner.id, inner.fingerprint
        self.dim = inner.dim

    def encode_images(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """See `Backbone.encode_images`."""
        digest = hashlib.sha256()
        for image in images:
            digest.update(repr(image.shape).encode() + image.tobytes())
        key = digest.digest()
        if key not in self._known:
            self._known[key] = self._inner.encode_images(images)
        return self._known[key]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of an evaluation.

    Attributes:
        methods: To compare.
        ways: Labels that are taught in an episode.
        shots: Numbers of examples of each label.
        count: Episodes of each number.
        seed: Of the episodes.
    """

    methods: tuple[Method, ...]
    ways: int
    shots: tuple[int, ...]
    count: int
    seed: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some episodes of a plan: those from `start` to before `stop`."""

    plan: Plan
    shots: int
    start: int
    stop: int


Outcomes = dict[Method, dict[int, list[Outcome]]]
"""By method and shots, one for each episode, in their order; without the shots at which a method cannot answer."""


def run(
    plan: Plan,
    features: Features,
    encoders: Encoders,
    settings: RecognitionSettings,
    *,
    space: OtherSpace | None = None,
    jobs: int = 1,
    progress: bool = False,
) -> Outcomes:
    """Do the episodes of a plan.

    Args:
        plan: What to do.
        features: Of the data set, as the encoders see it.
        encoders: Asked for the background of the rules.
        settings: Of the rules; those that name an encoder load it again in other processes.
        space: Do it in this space instead of the encoders' own.
        jobs: Processes at once; 1 = in this one, which any encoder can do.
        progress: Show how far it is and the time left on stderr.

    Raises:
        DatasetError: The data set has too few labels.
    """
    check_ways(plan, len(features.labels))
    chunks = _chunks(plan)
    found: Outcomes = {method: {} for method in plan.methods}
    if jobs == 1:
        done = _here(chunks, Bench.of(features, encoders, settings, space))
    else:
        done = _in_processes(chunks, (features, settings, space), jobs)
    parts: dict[int, list[list[Outcome]]] = {}
    with tqdm(
        total=plan.count * len(plan.shots), desc="episodes", unit="episode", **progress_settings(progress)
    ) as progress_bar:
        for number, part in done:
            parts[number] = part
            progress_bar.update(chunks[number].stop - chunks[number].start)
    for number, chunk in enumerate(chunks):
        for method, outcomes in zip(plan.methods, parts[number], strict=True):
            if outcomes:
                found[method].setdefault(chunk.shots, []).extend(outcomes)
    return {method: own for method, own in found.items() if own}


def check_ways(plan: Plan, labels: int) -> None:
    """Refuse a plan for which there are too few labels.

    Args:
        plan: What is to be done.
        labels: How many the data set has.

    Raises:
        DatasetError: Says how many there are.
    """
    if not 2 <= plan.ways <= labels:
        raise DatasetError(
            f"Expected 2 to {labels} ways, as the data set has {counted(labels, 'label')}; got {plan.ways}."
        )


def _chunks(plan: Plan) -> list[Chunk]:
    starts = range(0, plan.count, CHUNK)
    return [Chunk(plan, shots, i, min(i + CHUNK, plan.count)) for shots in plan.shots for i in starts]


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """The objects that the episodes of one process need."""

    features: Features
    encoders: Encoders
    settings: RecognitionSettings

    @classmethod
    def of(
        cls, features: Features, encoders: Encoders, settings: RecognitionSettings, space: OtherSpace | None
    ) -> Bench:
        """In another space, if one is given."""
        encoders = replace(encoders, backbone=RememberingBackbone(encoders.backbone))
        if space is None:
            return cls(features, encoders, settings)
        return cls(space.features(features), space.encoders(encoders), settings)


Numbered = tuple[int, list[list[Outcome]]]
"""The number of a chunk, and for each method its outcome in each episode."""


def _do(chunk: Chunk, bench: Bench) -> list[list[Outcome]]:
    plan = chunk.plan
    found: list[list[Outcome]] = [[] for _ in plan.methods]
    every = episodes(bench.features, plan.ways, chunk.shots, chunk.stop, plan.seed)
    for episode in islice(every, chunk.start, None):
        for method, outcomes in zip(plan.methods, found, strict=True):
            if method.answers(chunk.shots):
                outcomes.append(ask(method, episode, bench.settings, bench.encoders))
    return found


def _here(chunks: Sequence[Chunk], bench: Bench) -> Iterator[Numbered]:
    for number, chunk in enumerate(chunks):
        yield number, _do(chunk, bench)


def _in_processes(
    chunks: Sequence[Chunk], given: tuple[Features, RecognitionSettings, OtherSpace | None], jobs: int
) -> Iterator[Numbered]:
    context = multiprocessing.get_context("spawn")  # a fork would share the encoder's threads
    with (
        one_thread_each(),
        ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=given) as pool,
    ):
        futures: dict[Future[list[list[Outcome]]], int] = {
            pool.submit(_do_in_process, chunk): number for number, chunk in enumerate(chunks)
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():  # what they would answer is of no use any more
                process.terminate()
            raise


_benches: list[Bench] = []
"""The one of this process, once `_begin` was called."""


def _begin(features: Features, settings: RecognitionSettings, space: OtherSpace | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
    encoders = load_encoders(**encoder_settings(settings))
    _benches.append(Bench.of(features, encoders, settings, space))


def _do_in_process(chunk: Chunk) -> list[list[Outcome]]:
    return _do(chunk, _benches[-1])
