# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Keep the model of a memory up to date: exact sums at once, the fit at once or in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy

import numpy as np

from vfrt_ros.core.memory.example_table import ExampleTable
from vfrt_ros.core.scoring import constants
from vfrt_ros.core.scoring.fitting import Model, Snapshot, fit
from vfrt_ros.core.scoring.sample import sample
from vfrt_ros.core.scoring.statistics import Statistics
from vfrt_ros.core.scoring.text_model import TextModel
from vfrt_ros.core.types import work_ahead
from vfrt_ros.core.types.evidence import Array
from vfrt_ros.core.types.example import Change


class Learner:
    """Statistics and examples of a memory, and the model fitted to them.

    Threads: one thread calls the methods. A fit in the background is a short-lived thread of its own, which gets a
    copy of what it reads; only the scatter matrix it asks the statistics for, under their lock. Where a change came
    meanwhile, the version tells, and its result is not used. It leaves the result in `_ready`, which the caller's
    thread takes.

    Args:
        examples: The memory's, which has followed a change before `apply` is called; None = a table of its own.

    Attributes:
        examples: The table that is read.
        statistics: Exact sums; see `Statistics`.
        text: The prompts; say `touch` after changing it.
        pictures: (p, d) float32 embeddings of pictures of nothing, or None; likewise.
        model: What frames are judged by, as of the last `refresh`; None while there is no positive example.
    """

    def __init__(self, examples: ExampleTable | None = None) -> None:
        self.examples = examples if examples is not None else ExampleTable()
        self._owns_examples = examples is None
        self.statistics = Statistics()
        self.text = TextModel()
        self.pictures: Array | None = None
        self.model: Model | None = None
        self._worker: threading.Thread | None = None
        self._ready: tuple[int, Model] | None = None
        self._version = self._fitted = 0
        self._changed: set[str] = set()

    def apply(self, change: Change) -> None:
        """Follow a change: the sums are exact when this returns; the model follows with the next `refresh`."""
        if self._owns_examples:
            self.examples.follow(change)
        self.statistics.remove(change.removed)
        self.statistics.add(change.added)
        self._version += 1
        self._changed |= {example.label for example in change.removed + change.added}
        if not self.statistics.counts:
            self.model = None

    def touch(self) -> None:
        """Prompts or background have changed."""
        self._version += 1

    def refresh(self) -> None:
        """Bring `model` up to date: the means in any case, and a fit where it is quick or one is ready.

        Where a fit is due and takes long, it is begun.
        """
        if self._fitted == self._version:
            return
        changed, self._changed = self._changed, set()
        if not self.statistics.counts:
            self._fitted = self._version
            return
        if self.statistics.size <= constants.FIT_AT_ONCE or self.model is None:
            self._fit(self._version, self._noted())
        else:
            if changed:
                self.model = self.model.moved(self.statistics, changed)
            if self._ready is None and (self._worker is None or not self._worker.is_alive()):
                version, read = self._version, self._noted()
                self._worker = work_ahead.start(lambda: self._fit(version, read), "vfrt-fit")
        self._take_ready()

    def settle(self) -> None:
        """Wait until everything is in force in full."""
        while self._fitted != self._version:
            self.refresh()
            if self._worker is not None:
                self._worker.join()
            self._take_ready()

    def _take_ready(self) -> None:
        ready, self._ready = self._ready, None
        if ready is not None and ready[0] == self._version:
            self._fitted, self.model = ready

    def _fit(self, version: int, read: Callable[[], Snapshot]) -> None:
        snapshot = read()
        if version == self._version:
            self._ready = (version, fit(snapshot))

    def _noted(self) -> Callable[[], Snapshot]:
        """A function that makes the snapshot of this moment later, from copies; only the scatter is read then."""
        statistics, text, pictures = self.statistics, copy(self.text), self.pictures
        labels = tuple(sorted(statistics.counts))
        means = [statistics.mean(label) for label in labels]
        counts = np.array([statistics.counts[label] for label in labels], np.float64)
        everything = statistics.size <= constants.FIT_SAMPLE
        visits = [self.examples.visits(label, constants.VISIT_GAP_S) for label in labels]
        chosen = sample(visits, constants.FIT_SAMPLE)
        at = np.concatenate(
            [self.examples.rows(label)[own] for label, own in zip(labels, chosen, strict=True)]
        )
        rows = self.examples.gather(at)
        own = np.repeat(np.arange(len(labels)), [len(one) for one in chosen])
        visit = np.concatenate([one[own] for one, own in zip(visits, chosen, strict=True)])

        def snapshot() -> Snapshot:
            scatter = None if everything else statistics.scatter_matrix()
            prompts, thresholds = text.of_examples(rows, labels)
            return Snapshot(
                labels=labels,
                means=np.stack(means),
                counts=counts,
                scatter=scatter,
                rows=rows,
                own=own,
                visits=visit,
                prompts=prompts,
                prompt_thresholds=thresholds,
                shared=text.are_shared(labels),
                pictures=pictures,
            )

        return snapshot
