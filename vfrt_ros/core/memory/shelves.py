"""Examples by id and by label, so that those of one label are found without looking through all."""

from __future__ import annotations

from vfrt_ros.core.types.example import Example


class Shelves:
    """The examples of a memory.

    >>> import numpy as np
    >>> shelves = Shelves()
    >>> shelves.add(Example(7, "cup", np.ones(1, np.float32)))
    >>> [example.id for example in shelves.of("cup")], len(shelves)
    ([7], 1)
    """

    def __init__(self) -> None:
        self._examples: dict[int, Example] = {}
        self._by_label: dict[str, dict[int, Example]] = {}

    def __len__(self) -> int:
        return len(self._examples)

    def __contains__(self, key: int) -> bool:
        return key in self._examples

    def __getitem__(self, key: int) -> Example:
        return self._examples[key]

    def all(self) -> list[Example]:
        """Every example, in the order that they were added in."""
        return list(self._examples.values())

    def of(self, label: str) -> list[Example]:
        """Those of a label, negatives included, in the order that they were added in."""
        return list(self._by_label.get(label, {}).values())

    def add(self, example: Example) -> None:
        """Put an example in; its id is new."""
        self._examples[example.id] = example
        self._by_label.setdefault(example.label, {})[example.id] = example

    def remove(self, key: int) -> None:
        """Take the example with this id out."""
        label = self._examples.pop(key).label
        del self._by_label[label][key]
        if not self._by_label[label]:
            del self._by_label[label]
