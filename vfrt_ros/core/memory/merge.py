"""What another robot learned, added to a memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.frames.quality import duplicate_of
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.limits import check_growth
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.core.types.example import Example, Prompts


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: examples added, near duplicates left out, prompts added, prompts left as they were."""

    added: int
    duplicates: int
    prompts: int
    prompts_kept: int

    @property
    def in_words(self) -> str:
        """A sentence or two."""
        prompts = f" and the prompts of {counted(self.prompts, 'label')}" if self.prompts else ""
        left_out = f"; {counted(self.duplicates, 'near duplicate')} left out" if self.duplicates else ""
        kept = (
            f"; prompts kept as they were: {counted(self.prompts_kept, 'label')}" if self.prompts_kept else ""
        )
        undo = " Undo takes it back." if self.added or self.prompts else ""
        return f"Added {counted(self.added, 'example')}{prompts}{left_out}{kept}.{undo}"


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that was worked out against one state of a memory.

    Attributes:
        bundle, source: What to add, and where it comes from, in words.
        version: Of the memory that it was held against.
        fresh: The examples that this memory does not have.
        prompts: Those of labels that have none.
        kept: Labels that keep other prompts than the bundle has.
    """

    bundle: Bundle
    source: str
    version: int
    fresh: tuple[Example, ...]
    prompts: Mapping[str, Prompts]
    kept: int


@dataclass(frozen=True, slots=True)
class State:
    """What a memory held at one moment; reading it needs no lock."""

    owner: Owner
    version: int
    examples: tuple[Example, ...]
    prompts: Mapping[str, Prompts]

    @classmethod
    def of(cls, memory: Memory) -> State:
        """As it is now."""
        return cls(memory.owner, memory.version, tuple(memory.examples()), dict(memory.prompts))


def prepare(state: State, bundle: Bundle, source: str) -> Merge:
    """Work out what a merge would add: the long part of it, which changes nothing.

    Args:
        state: Of the memory.
        bundle: What to add.
        source: Where it came from, in words; kept with examples that do not say so themselves.

    Raises:
        RequestError: It is another encoder's.
    """
    if bundle.owner != state.owner:
        raise RequestError(
            f"It was learned with the encoder {bundle.owner} and the memory with {state.owner}: embeddings of "
            "different encoders cannot be mixed; import it into a memory of its own and re-embed that one."
        )
    fresh = [
        replace(e, source=e.source or source) for e in _without_duplicates(state.examples, bundle.examples)
    ]
    prompts = {label: texts for label, texts in bundle.prompts.items() if label not in state.prompts}
    kept = sum(state.prompts.get(label, texts) != texts for label, texts in bundle.prompts.items())
    return Merge(bundle, source, state.version, tuple(fresh), prompts, kept)


def check_merge(state: State, prepared: Merge, limits: RecognitionSettings) -> None:
    """Refuse a merge that would pass a limit; see `check_growth`.

    Raises:
        RequestError: It would.
    """
    labels = sorted({example.label for example in state.examples} | state.prompts.keys())
    check_growth(labels, state.examples, prepared.fresh, prepared.prompts, limits)


def merge(memory: Memory, bundle: Bundle, source: str, limits: RecognitionSettings | None = None) -> Merged:
    """`prepare` and `carry_out` at once; no limits = those of the default settings."""
    return carry_out(memory, prepare(State.of(memory), bundle, source), limits or RecognitionSettings())


def carry_out(memory: Memory, prepared: Merge, limits: RecognitionSettings) -> Merged:
    """Add a bundle's examples to the labels of the same name, and prompts to labels that have none.

    It is one step: one undo takes it all back. Merging the same bundle again adds nothing.

    Args:
        memory: Of the same encoder.
        prepared: Worked out against this memory; done again where the memory has changed since.
        limits: `max_labels`, `max_examples`, `max_prompts`, `max_label_length` and `max_megapixels`.

    Raises:
        RequestError: It would pass a limit; nothing changed.
        MemoryStoreError: It could not be written; nothing changed.
    """
    state = State.of(memory)
    if prepared.version != state.version:
        prepared = prepare(state, prepared.bundle, prepared.source)
    fresh, prompts = prepared.fresh, prepared.prompts
    check_merge(state, prepared, limits)
    if fresh or prompts:
        labels = len({example.label for example in fresh} | prompts.keys())
        memory.merge(
            fresh, prompts, f"{prepared.source}: {counted(len(fresh), 'example')}, {counted(labels, 'label')}"
        )
    return Merged(len(fresh), len(prepared.bundle.examples) - len(fresh), len(prompts), prepared.kept)


def _without_duplicates(known: Iterable[Example], new: Sequence[Example]) -> list[Example]:
    """The new examples, in their order, that neither the known ones nor the new ones before them have."""
    rows: dict[tuple[str, bool], _Rows] = defaultdict(_Rows)
    for example in known:
        rows[example.label, example.negative].append(example.embedding)
    fresh = []
    for example in new:
        others = rows[example.label, example.negative]
        if duplicate_of(example.embedding, others.all) is None:
            others.append(example.embedding)
            fresh.append(example)
    return fresh


class _Rows:
    """Vectors as the rows of one array that grows without being copied each time."""

    def __init__(self) -> None:
        self._array = np.empty((0, 0), np.float32)
        self._count = 0

    @property
    def all(self) -> npt.NDArray[np.float32]:
        """(n, d) float32."""
        return self._array[: self._count]

    def append(self, vector: npt.NDArray[np.float32]) -> None:
        """One more."""
        if self._count == len(self._array):
            grown = np.empty((max(16, 2 * self._count), vector.size), np.float32)
            grown[: self._count] = self.all.reshape(self._count, vector.size)
            self._array = grown
        self._array[self._count] = vector
        self._count += 1
