"""What another robot learned, added to a memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.errors import RequestError
from vfrt_ros.core.memory.bundle import Bundle
from vfrt_ros.core.memory.example import Example
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.quality import duplicate_of


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did: examples added, near duplicates left out, prompts added, prompts left as they were."""

    added: int
    duplicates: int
    prompts: int
    prompts_kept: int


def merge(memory: Memory, bundle: Bundle, source: str) -> Merged:
    """Add a bundle's examples to the labels of the same name, and prompts to labels that have none.

    It is one step: one undo takes it all back. Merging the same bundle again adds nothing.

    Args:
        memory: Of the same encoder.
        bundle: What to add.
        source: Where it came from, in words; kept with examples that do not say so themselves.

    Raises:
        RequestError: It is another encoder's.
        MemoryStoreError: It could not be written; nothing changed.
    """
    if bundle.owner != memory.owner:
        raise RequestError(
            f"It was learned with the encoder {bundle.owner} and the memory with {memory.owner}: embeddings of "
            "different encoders cannot be mixed; import it into a memory of its own and re-embed that one."
        )
    fresh = [replace(e, source=e.source or source) for e in _without_duplicates(memory, bundle)]
    prompts = {label: texts for label, texts in bundle.prompts.items() if label not in memory.prompts}
    if fresh or prompts:
        labels = len({example.label for example in fresh} | prompts.keys())
        memory.merge(fresh, prompts, f"{source}: {len(fresh)} examples, {labels} labels")
    kept = sum(memory.prompts[label] != texts for label, texts in bundle.prompts.items())
    return Merged(len(fresh), len(bundle.examples) - len(fresh), len(prompts), kept)


def _without_duplicates(memory: Memory, bundle: Bundle) -> list[Example]:
    known: dict[tuple[str, bool], list[npt.NDArray[np.float32]]] = defaultdict(list)
    for example in memory.examples():
        known[example.label, example.negative].append(example.embedding)
    fresh = []
    for example in bundle.examples:
        others = known[example.label, example.negative]
        if others and duplicate_of(example.embedding, np.stack(others)) is not None:
            continue
        others.append(example.embedding)
        fresh.append(example)
    return fresh
