"""What a memory holds while it is open: examples, prompts, and what is found by them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from vfrt_ros.core.memory.check import embedding_fault
from vfrt_ros.core.memory.followers import Followers
from vfrt_ros.core.memory.index import ExampleIndex
from vfrt_ros.core.memory.shelves import Shelves
from vfrt_ros.core.memory.tally import Tally
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.errors import RequestError, UnknownLabelError, nearest
from vfrt_ros.core.types.example import Change, Example, Prompts

Array = npt.NDArray[np.float32]


class Contents:
    """Examples and prompts in RAM, with their index, counts and centroids.

    Args:
        owner: The encoder whose embeddings it holds.
        index: For embeddings of that length.
        prompts: By label.
        version: Changes since the memory began.

    Attributes:
        followers: Who is asked before a change and told after it; counts the faults that were survived.
    """

    def __init__(
        self, owner: Owner, index: ExampleIndex, prompts: Mapping[str, Prompts], version: int
    ) -> None:
        self.owner = owner
        self.index = index
        self.prompts: dict[str, Prompts] = dict(prompts)
        self.version = version
        self.followers = Followers()
        self._index_is_stale = False
        self._shelves = Shelves()
        self._tally = Tally()

    def __len__(self) -> int:
        return len(self._shelves)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that has an example or a prompt, sorted."""
        return tuple(sorted({*self._tally.labels, *self.prompts}))

    def count(self, label: str) -> int:
        """Examples that show the label."""
        return self._tally.count(label)

    def negatives(self, label: str) -> int:
        """Examples marked as not the label."""
        return self._tally.negatives(label)

    def centroid(self, label: str) -> Array | None:
        """(d,) float32 unit-norm mean of the label's examples; None where it has none."""
        return self._tally.centroid(label)

    def examples(self, label: str | None = None) -> list[Example]:
        """The examples, negatives included, of one label or of all, oldest first."""
        return self._shelves.all() if label is None else self._shelves.of(label)

    def example(self, key: int) -> Example:
        """The example with this id."""
        return self._shelves[key]

    def search(self, embedding: Array, k: int) -> tuple[npt.NDArray, npt.NDArray]:
        """Ids (n,) int64 and cosines (n,) float32 of the nearest positive examples, best first, n <= k.

        Where the index failed, every example is looked at, until the next change builds it anew.
        """
        if not self._index_is_stale:
            try:
                return self.index.search(embedding, k)
            except Exception:
                self._index_is_stale = True
                self.followers.survived("the search of the memory's index")
        return self._search_all(embedding, k)

    def state_hash(self) -> str:
        """SHA-256 (hexadecimal) over all examples and prompts: equal for equal states."""
        digest = hashlib.sha256()
        for example in sorted(self._shelves.all(), key=lambda example: example.id):
            digest.update(json.dumps([example.id, example.label, example.negative]).encode())
            digest.update(example.embedding.tobytes())
        digest.update(json.dumps(self.prompts, sort_keys=True).encode())
        return digest.hexdigest()

    def _check(self, embeddings: Iterable[npt.NDArray]) -> None:
        for embedding in embeddings:
            fault = embedding_fault(embedding, self.owner.dim)
            if fault:
                raise RequestError(f"An example cannot be stored: {fault}.")

    def _require(self, label: str) -> None:
        if label not in self.labels:
            known = ", ".join(self.labels[:8]) or "none yet"
            raise UnknownLabelError(f"Unknown label '{label}'.{nearest(label, self.labels)} Known: {known}.")

    def _follow(self, change: Change) -> None:
        for example in change.removed:
            self._shelves.remove(example.id)
            self._tally.remove(example)
        for example in change.added:
            self._shelves.add(example)
            self._tally.add(example)

    def _follow_with_index(self, change: Change) -> None:
        """Bring the index to what `_follow` made of the examples; it raises nothing."""
        if not self._index_is_stale:
            try:
                self.index.remove([example.id for example in change.removed if not example.negative])
                self.index.add([example for example in change.added if not example.negative])
                return
            except Exception:
                self.followers.survived("the memory's index")
        self._build_index()

    def _build_index(self) -> None:
        try:
            fresh = self.index.blank()
            fresh.add([example for example in self._shelves.all() if not example.negative])
        except Exception:
            self._index_is_stale = True
            self.followers.survived("building the memory's index")
            return
        self.index, self._index_is_stale = fresh, False

    def _search_all(self, embedding: Array, k: int) -> tuple[npt.NDArray, npt.NDArray]:
        positive = [example for example in self._shelves.all() if not example.negative]
        if not positive:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        cosines = np.stack([example.embedding for example in positive]) @ embedding
        best = np.argsort(-cosines, kind="stable")[:k]
        return np.array([example.id for example in positive], np.int64)[best], cosines[best]
