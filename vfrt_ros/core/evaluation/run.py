"""An evaluation: every method in every episode, on all cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tqdm import tqdm

from vfrt_ros.core.encoders import Encoders
from vfrt_ros.core.evaluation.dataset import DatasetError
from vfrt_ros.core.evaluation.episodes import episodes
from vfrt_ros.core.evaluation.features import Features
from vfrt_ros.core.evaluation.methods import Method, ask
from vfrt_ros.core.evaluation.outcome import Outcome
from vfrt_ros.core.recogniser import encoder_settings
from vfrt_ros.core.settings import RecognitionSettings

CHUNK = 4
"""Episodes that a process does at once."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to evaluate.

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
    jobs: int = 1,
    progress: bool = False,
) -> Outcomes:
    """Do the episodes of a plan.

    Args:
        plan: What to do.
        features: Of the data set, in the space of the encoders.
        encoders: Asked for the background of the rules.
        settings: Of the rules; those that name an encoder load it again in other processes.
        jobs: Processes at once; 1 = in this one, which any encoder can do.
        progress: Show a bar with the time left on stderr.

    Raises:
        DatasetError: The data set has too few labels.
    """
    check_ways(plan, len(features.labels))
    chunks = _chunks(plan)
    found: Outcomes = {method: {} for method in plan.methods}
    done = (
        _here(chunks, features, encoders, settings)
        if jobs == 1
        else _in_processes(chunks, features, settings, jobs)
    )
    parts: dict[int, list[list[Outcome]]] = {}
    with tqdm(total=plan.count * len(plan.shots), desc="episodes", unit="episode", **_bar(progress)) as bar:
        for number, part in done:
            parts[number] = part
            bar.update(chunks[number].stop - chunks[number].start)
    for number, chunk in enumerate(chunks):
        for method, outcomes in zip(plan.methods, parts[number], strict=True):
            if outcomes:
                found[method].setdefault(chunk.shots, []).extend(outcomes)
    return {method: own for method, own in found.items() if own}


def check_ways(plan: Plan, labels: int) -> None:
    """Refuse a plan for which there are too few labels.

    Raises:
        DatasetError: Says how many there are.
    """
    if not 2 <= plan.ways <= labels:
        raise DatasetError(
            f"Expected 2 to {labels} ways, as the data set has {labels} labels; got {plan.ways}."
        )


def _chunks(plan: Plan) -> list[Chunk]:
    starts = range(0, plan.count, CHUNK)
    return [Chunk(plan, shots, i, min(i + CHUNK, plan.count)) for shots in plan.shots for i in starts]


def _do(
    chunk: Chunk, features: Features, encoders: Encoders, settings: RecognitionSettings
) -> list[list[Outcome]]:
    """For each method its outcome in each episode of the chunk."""
    plan = chunk.plan
    found: list[list[Outcome]] = [[] for _ in plan.methods]
    every = episodes(features, plan.ways, chunk.shots, chunk.stop, plan.seed)
    for episode in islice(every, chunk.start, None):
        for method, outcomes in zip(plan.methods, found, strict=True):
            if method.answers(chunk.shots):
                outcomes.append(ask(method, episode, settings, encoders))
    return found


def _here(
    chunks: Sequence[Chunk], features: Features, encoders: Encoders, settings: RecognitionSettings
) -> Iterator[tuple[int, list[list[Outcome]]]]:
    for number, chunk in enumerate(chunks):
        yield number, _do(chunk, features, encoders, settings)


def _in_processes(
    chunks: Sequence[Chunk], features: Features, settings: RecognitionSettings, jobs: int
) -> Iterator[tuple[int, list[list[Outcome]]]]:
    context = multiprocessing.get_context("spawn")  # a fork would share the encoder's threads
    with (
        _one_thread_each(),
        ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(features, settings)) as pool,
    ):
        futures: dict[Future[list[list[Outcome]]], int] = {
            pool.submit(_do_in_process, chunk): number for number, chunk in enumerate(chunks)
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_state: dict[str, Any] = {}
"""Of a process: what `_begin` was given."""


def _begin(features: Features, settings: RecognitionSettings) -> None:
    from vfrt_ros.core.encoders import load_encoders

    encoders = load_encoders(**encoder_settings(settings))
    _state.update(features=features, settings=settings, encoders=encoders)


def _do_in_process(chunk: Chunk) -> list[list[Outcome]]:
    return _do(chunk, _state["features"], _state["encoders"], _state["settings"])


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """New processes get one thread for linear algebra: with several each, they would fight for the cores."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _bar(progress: bool) -> dict[str, bool | None]:
    return {"disable": None if progress else True, "leave": False}
