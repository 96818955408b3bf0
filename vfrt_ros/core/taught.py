# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Changes of a memory that need no frame."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Self, TypeVar

from vfrt_ros.core.config.live_settings import LiveSettings
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.limits import check_examples, check_file, check_growth
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.memory.merge import MemoryState, Merge, Merged, carry_out, prepare
from vfrt_ros.core.report.audit import Finding, audit
from vfrt_ros.core.types.errors import UnknownLabelError, nearest
from vfrt_ros.core.types.example import Example, Step
from vfrt_ros.core.types.label import check_label, stored_label
from vfrt_ros.core.types.operation import ExampleId

Result = TypeVar("Result")


class Taught:
    """A memory, the limits that it keeps to, and one lock around both.

    Threads: every public method may be called from any thread.

    Args:
        settings: Checked parameters.
        memory: Nobody else changes it.
    """

    def __init__(self, settings: RecognitionSettings, memory: Memory) -> None:
        self.live = LiveSettings(settings)
        self.memory = memory
        self._lock = threading.RLock()

    @property
    def settings(self) -> RecognitionSettings:
        """The settings in force."""
        return self.live.now

    def forget(self, label: str) -> Step:
        """Remove a label; see `Memory.forget`."""
        with self._lock:
            return self.memory.forget(stored_label(label, self.memory.labels))

    def forget_examples(self, ids: Collection[ExampleId]) -> Step:
        """Remove single examples; see `Memory.forget_examples`."""
        with self._lock:
            return self.memory.forget_examples(ids)

    def relabel(self, label: str, new_label: str) -> Step:
        """Rename or merge a label; see `Memory.relabel`.

        Raises:
            RequestError: Both names are the same, the new one is not a valid label, or the two together would have more
                examples than the setting `max_examples`.
        """
        with self._lock:
            new_label = check_label(new_label, length=self.settings.max_label_length)
            label = stored_label(label, self.memory.labels)
            if label != new_label and new_label in self.memory.labels:
                together = len(self.memory.examples(label)) + len(self.memory.examples(new_label))
                check_examples(new_label, together, most=self.settings.max_examples)
            return self.memory.relabel(label, new_label)

    def undo(self, robot: str = "") -> Step:
        """Take the last change of a robot back; see `Memory.undo`."""
        with self._lock:
            return self.memory.undo(robot)

    def redo(self) -> Step:
        """Do again what undo took back last; see `Memory.redo`."""
        with self._lock:
            return self.memory.redo()

    def examples(self, label: str = "") -> tuple[list[Example], int]:
        """The examples of a label, negatives included, or of all, oldest first, and the memory's version.

        Args:
            label: Empty = of all labels.

        Raises:
            RequestError: The label is not valid.
            UnknownLabelError: There is no such label.
        """
        with self._lock:
            wanted = stored_label(label, self.memory.labels) if label else None
            if wanted is not None and wanted not in self.memory.labels:
                raise UnknownLabelError(f"Unknown label '{wanted}'.{nearest(wanted, self.memory.labels)}")
            found, version = self.memory.examples(wanted), self.memory.version
        return found, version

    def with_details(self, examples: Sequence[Example]) -> list[Example]:
        """The same examples with their pictures; see `Memory.with_details`."""
        with self._lock:
            return self.memory.with_details(examples)

    def audit(self) -> list[Finding]:
        """Look through the memory for what makes recognition worse; see `vfrt_ros.core.report.audit`."""
        with self._lock:
            return audit(self.memory.examples())

    def bundle(self) -> Bundle:
        """All that can be shared, as it is at this moment."""
        with self._lock:
            memory = self.memory
            return Bundle(memory.encoder, tuple(memory.rows()))

    def prepare_merge(self, bundle: Bundle, source: str) -> Merge:
        """Work out what `absorb` would add. The long part of it runs outside the lock.

        Args:
            bundle: What to add.
            source: Where it comes from, in words.

        Raises:
            RequestError: It is another encoder's, or would pass a limit.
        """
        with self._lock:
            state = MemoryState.of(self.memory)
        prepared = prepare(state, bundle, source)
        check_growth(state.labels, state.counts(), prepared.fresh, prepared.prompts, self.settings)
        return prepared

    def absorb(self, prepared: Merge) -> Merged:
        """Add what another memory learned; see `vfrt_ros.core.memory.merge`."""
        with self._lock:
            self._check_file()
            state = MemoryState.of(self.memory)
            if prepared.version != state.version:
                prepared = prepare(state, prepared.bundle, prepared.source)
            check_growth(state.labels, state.counts(), prepared.fresh, prepared.prompts, self.settings)
            return carry_out(self.memory, prepared)

    def with_memory(self, work: Callable[[Memory], Result]) -> Result:
        """What `work` returns, called with the memory while nobody else uses it."""
        with self._lock:
            return work(self.memory)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the memory's file; it is not used afterwards."""
        with self._lock:
            self.memory.close()

    def _check_file(self) -> None:
        """Refuse to add examples to a file that is as large as `max_memory_mb` allows."""
        check_file(self.memory.size, most=self.settings.max_memory_mb)
