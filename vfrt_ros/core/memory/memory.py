"""What a robot was taught: examples and prompts, searchable, with undo and redo."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vfrt_ros.core.counted import counted
from vfrt_ros.core.errors import NothingToRedoError, NothingToUndoError, RequestError
from vfrt_ros.core.job import begin_commit
from vfrt_ros.core.memory.contents import Array, Contents
from vfrt_ros.core.memory.example import Change, Example, PromptChange, Prompts, Step
from vfrt_ros.core.memory.index import ExampleIndex
from vfrt_ros.core.memory.owner import Owner
from vfrt_ros.core.memory.record import Record


@dataclass(frozen=True, slots=True)
class NewExample:
    """An example before the memory gives it an id; `embedding` is (d,) float32, unit norm."""

    embedding: Array
    quality: Mapping[str, float]
    thumbnail: bytes = b""
    source: str = ""


class Memory(Contents):
    """Examples and prompts with their index, counts, centroids and history.

    A change is written to the record first; only when that is durable do index, counts and listeners
    follow, so a failed write changes nothing. A job that was given up on writes nothing (`vfrt_ros.core.job`).
    Not thread-safe: its owner holds one lock around it.

    Args:
        owner: The encoder whose embeddings it holds; None opens whichever memory is there.
        path: The file of its record; None keeps it in RAM only.
        index: FAISS factory string.
        nprobe: Cells that an IVF index looks into.
        clock: Seconds since the epoch, for the time of an example.

    Attributes:
        notices: Sentences on what was set aside, mended or brought up to date at the start; also logged.

    Raises:
        MemoryStoreError: The record cannot be used; see `Record`.
        SettingError: FAISS does not know the factory string.
    """

    def __init__(
        self,
        owner: Owner | None,
        path: Path | None = None,
        *,
        index: str = "Flat",
        nprobe: int = 16,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._record = Record(path, owner)
        self.notices = tuple(self._record.notices)
        try:
            search = ExampleIndex(self._record.owner.dim, index, nprobe)
            loaded = self._record.load()
        except BaseException:
            self._record.close()
            raise
        super().__init__(self._record.owner, search, loaded.prompts, loaded.version)
        self._listeners: list[Callable[[Step], None]] = []
        self._follow(Change(added=loaded.examples))

    @property
    def path(self) -> Path | None:
        """The file of the record; None = in RAM only."""
        return self._record.path

    @property
    def has_copy(self) -> bool:
        """Whether the record's second file holds all that the first one does."""
        return self._record.has_copy

    @property
    def failures(self) -> int:
        """Changes in a row that could not be written; 0 = the last one was."""
        return self._record.failures

    @property
    def size(self) -> int:
        """Bytes of the file and its log, history and free room included; 0 = in RAM only."""
        path = self._record.path
        files = [] if path is None else [path, path.with_name(f"{path.name}-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    def listen(self, listener: Callable[[Step], None]) -> None:
        """Call `listener` after every change, with the step that was made."""
        self._listeners.append(listener)

    def register(self, label: str, examples: Sequence[NewExample], *, negative: bool = False) -> Step:
        """Add examples of a label as one batch.

        Raises:
            RequestError: An embedding is not of this memory's length, not finite or not of unit norm.
            MemoryStoreError: They could not be written; nothing changed.
        """
        self._check(example.embedding for example in examples)
        ids = self._record.next_ids(len(examples))
        now = self._clock()
        added = tuple(
            Example(key, label, new.embedding, negative, ids[0], now, new.quality, new.thumbnail, new.source)
            for key, new in zip(ids, examples, strict=True)
        )
        kind = "that are not" if negative else "of"
        return self._commit(
            f"registered {counted(len(added), 'example')} {kind} '{label}'", Change(added=added)
        )

    def forget(self, label: str) -> Step:
        """Remove a label's examples, negatives and prompts.

        Raises:
            UnknownLabelError: There is no such label.
            MemoryStoreError: It could not be written; nothing changed.
        """
        self._require(label)
        removed = tuple(self.examples(label))
        prompts = self._prompt_change({label: None} if label in self.prompts else {})
        return self._commit(
            f"forgot '{label}' ({counted(len(removed), 'example')})", Change(removed=removed), prompts
        )

    def forget_examples(self, ids: Collection[int]) -> Step:
        """Remove single examples; the prompts of their labels stay.

        Args:
            ids: Of the examples; one that stands twice counts once.

        Raises:
            RequestError: There is no id, or one that no example has.
            MemoryStoreError: It could not be written; nothing changed.
        """
        if not ids:
            raise RequestError("Expected at least one example; got none.")
        missing = sorted(key for key in set(ids) if key not in self._shelves)
        if missing:
            more = f" and {len(missing) - 1} others" if len(missing) > 1 else ""
            raise RequestError(f"There is no example {missing[0]}{more}: list the examples again.")
        removed = tuple(self._shelves[key] for key in sorted(set(ids)))
        labels = sorted({example.label for example in removed})
        whose = ", ".join(f"'{label}'" for label in labels) if len(labels) < 4 else f"{len(labels)} labels"
        return self._commit(f"forgot {counted(len(removed), 'example')} of {whose}", Change(removed=removed))

    def relabel(self, label: str, new_label: str) -> Step:
        """Give a label another name, or merge it into one that exists.

        Raises:
            UnknownLabelError: There is no such label.
            RequestError: Both names are the same.
            MemoryStoreError: It could not be written; nothing changed.
        """
        self._require(label)
        if label == new_label:
            raise RequestError(f"'{label}' has this name already: give it another one.")
        old = tuple(self.examples(label))
        change = Change(added=tuple(replace(example, label=new_label) for example in old), removed=old)
        merged = new_label in self.labels
        prompts: dict[str, Prompts | None] = {}
        if label in self.prompts:
            prompts = {label: None, new_label: self.prompts.get(new_label, self.prompts[label])}
        verb = "merged" if merged else "renamed"
        return self._commit(
            f"{verb} '{label}' {'into' if merged else 'to'} '{new_label}' ({counted(len(old), 'example')})",
            change,
            self._prompt_change(prompts),
        )

    def set_prompts(self, prompts: Mapping[str, Prompts], *, replace_all: bool = False) -> Step:
        """Describe labels in words; an empty tuple stands for the prompt templates.

        Args:
            prompts: The new prompts of these labels.
            replace_all: Labels that are not named lose theirs.

        Raises:
            MemoryStoreError: It could not be written; nothing changed.
        """
        after: dict[str, Prompts | None] = dict.fromkeys(self.prompts) if replace_all else {}
        after |= prompts
        what = "set the prompts of " + ", ".join(f"'{label}'" for label in prompts)
        return self._commit(what if prompts else "removed all prompts", Change(), self._prompt_change(after))

    def add_initial_prompts(self, labels: Iterable[str]) -> None:
        """Give labels without a prompt the templates, for this run only: neither recorded nor undone."""
        missing = {label: () for label in labels if label not in self.prompts}
        if missing:
            self.prompts |= missing
            self.version += 1

    def undo(self) -> Step:
        """Take the last change back.

        Returns:
            The step that was taken back, as it had been done.

        Raises:
            NothingToUndoError: There is none.
            MemoryStoreError: It could not be written; nothing changed.
        """
        step = self._record.undoable()
        if step is None:
            raise NothingToUndoError("There is no change to undo.")
        begin_commit()
        self._record.revert(step, self.version + 1)
        self._advance(step.inverse())
        return self._with_news(step)

    def redo(self) -> Step:
        """Do again what undo took back last.

        Raises:
            NothingToRedoError: Nothing was undone since the last change.
            MemoryStoreError: It could not be written; nothing changed.
        """
        step = self._record.redoable()
        if step is None:
            raise NothingToRedoError("There is nothing to redo: no change was undone since the last one.")
        begin_commit()
        self._record.reapply(step, self.version + 1)
        return self._advance(step)

    def merge(self, examples: Iterable[Example], prompts: Mapping[str, Prompts], what: str) -> Step:
        """Add another memory's examples, under new ids, and its prompts, as one step.

        Args:
            examples: Of the same encoder; examples of one batch stay together.
            prompts: These replace what the labels had.
            what: The step in words.

        Raises:
            RequestError: An embedding is not one of this memory's encoder.
            MemoryStoreError: It could not be written; nothing changed.
        """
        examples = list(examples)
        self._check(example.embedding for example in examples)
        ids = self._record.next_ids(len(examples))
        batches: dict[int, int] = {}
        for key, example in zip(ids, examples, strict=True):
            batches.setdefault(example.batch, key)
        added = tuple(
            replace(example, id=key, batch=batches[example.batch])
            for key, example in zip(ids, examples, strict=True)
        )
        return self._commit(what, Change(added=added), self._prompt_change(prompts))

    def history(self) -> list[tuple[str, bool]]:
        """What was done, oldest first, and whether it was undone."""
        return self._record.history()

    def compact(self, *, drop_history: bool = False) -> None:
        """Give the room of what was removed back to the disk; examples and prompts stay as they are.

        Args:
            drop_history: Forget undo and redo first, and what only undo could bring back.

        Raises:
            MemoryStoreError: There is no room to do it in.
        """
        if drop_history:
            self._record.drop_history()
        self._record.compact()

    def backup(self, path: Path) -> None:
        """Write a copy, history included, to a new file.

        Raises:
            MemoryStoreError: It exists, or cannot be written.
        """
        self._record.backup(path)

    def content_hash(self) -> str:
        """SHA-256 (hexadecimal) over all that is recorded, times, pictures and history included."""
        return self._record.content_hash()

    def close(self) -> None:
        """Close the record; the memory is not used afterwards."""
        self._record.close()

    def _prompt_change(self, after: Mapping[str, Prompts | None]) -> PromptChange:
        return PromptChange({label: self.prompts.get(label) for label in after}, dict(after))

    def _commit(self, what: str, examples: Change, prompts: PromptChange | None = None) -> Step:
        step = Step(0, what, examples, prompts or PromptChange())
        begin_commit()
        self._record.commit(step, self.version + 1)
        return self._advance(step)

    def _with_news(self, step: Step) -> Step:
        """The step, with a word where writing works again."""
        news = self._record.recovered
        return replace(step, what=f"{step.what} ({news})") if news else step

    def _advance(self, step: Step) -> Step:
        """Follow a step that was written."""
        self.version += 1
        self._follow(step.examples)
        for label, prompts in step.prompts.after.items():
            if prompts is None:
                self.prompts.pop(label, None)
            else:
                self.prompts[label] = prompts
        for listener in self._listeners:
            listener(step)
        return self._with_news(step)
