"""What a robot was taught: examples and prompts, searchable, with undo and redo."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vfrt_ros.core.memory.accept import LAST_SECOND, check_parts, checked_prompts
from vfrt_ros.core.memory.contents import Array, Contents
from vfrt_ros.core.memory.followers import Follower
from vfrt_ros.core.memory.index import ExampleIndex
from vfrt_ros.core.memory.record import Record
from vfrt_ros.core.memory.shelves import Shelves
from vfrt_ros.core.memory.tally import Tally
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.errors import NothingToRedoError, NothingToUndoError, RequestError
from vfrt_ros.core.types.example import Change, Example, PromptChange, Prompts, Step
from vfrt_ros.core.types.job import begin_commit
from vfrt_ros.core.types.label import check_label


@dataclass(frozen=True, slots=True)
class NewExample:
    """An example before the memory gives it an id; `embedding` is (d,) float32, unit norm."""

    embedding: Array
    quality: Mapping[str, float]
    thumbnail: bytes = b""
    source: str = ""


class Memory(Contents):
    """Examples and prompts with their index, counts, centroids and history.

    All that can refuse a change comes first, then it is written to the record; only when that is durable do
    index, counts and listeners follow. So a refusal and a failed write change nothing, and **after the write
    nothing raises**: a fault in what follows is logged, counted in `faults` and cured by building it anew from
    what was written. A job that was given up on writes nothing (`vfrt_ros.core.types.job`). Not thread-safe: its owner
    holds one lock around it.

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
        search = None if owner is None else ExampleIndex(owner.dim, index, nprobe)
        self._record = Record(path, owner)
        self.notices = tuple(self._record.notices)
        self._initial: tuple[str, ...] = ()
        try:
            search = search or ExampleIndex(self._record.owner.dim, index, nprobe)
            super().__init__(self._record.owner, search, {}, 0)
            self._load()
        except BaseException:
            self._record.abandon()
            raise

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
        return self._record.size

    @property
    def faults(self) -> int:
        """Faults that were survived after a change was made: of the index, or of somebody who follows."""
        return self.followers.faults

    def listen(
        self,
        listener: Callable[[Step], None],
        *,
        check: Callable[[Step], None] | None = None,
        rebuild: Callable[[], None] | None = None,
    ) -> None:
        """Call `listener` after every change, with the step that was made.

        Args:
            listener: Is told, not asked: what it raises is logged and counted, and the change stands.
            check: Is asked before every change, with the step to be made; what it raises refuses the change.
            rebuild: Called where `listener` failed, to follow the memory as it is then.
        """
        self.followers.add(Follower(listener, check, rebuild))

    def register(self, label: str, examples: Sequence[NewExample], *, negative: bool = False) -> Step:
        """Add examples of a label as one batch.

        Raises:
            RequestError: The label is none, or an example is none that could be given to another memory: its
                embedding is not of this memory's length, not finite or not of unit norm, its picture no small
                JPEG, a measure no number.
            MemoryStoreError: They could not be written; nothing changed.
        """
        label = check_label(label)
        if not examples:
            raise RequestError("Expected at least one example; got none.")
        self._check(example.embedding for example in examples)
        for example in examples:
            check_parts(example.quality, example.thumbnail, example.source)
        ids = self._record.next_ids(len(examples))
        now = min(max(self._clock(), 0.0), float(LAST_SECOND))
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
        return self._commit(
            f"forgot '{label}' ({counted(len(removed), 'example')})",
            Change(removed=removed),
            self._prompt_change({label: None}),
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
            RequestError: Both names are the same, or the new one is none.
            MemoryStoreError: It could not be written; nothing changed.
        """
        self._require(label)
        new_label = check_label(new_label)
        if label == new_label:
            raise RequestError(f"'{label}' has this name already: give it another one.")
        old = tuple(self.examples(label))
        change = Change(added=tuple(replace(example, label=new_label) for example in old), removed=old)
        merged = new_label in self.labels
        prompts: dict[str, Prompts | None] = {label: None}
        if label in self.prompts:
            prompts[new_label] = self.prompts.get(new_label, self.prompts[label])
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
            RequestError: A label or a prompt is none.
            MemoryStoreError: It could not be written; nothing changed.
        """
        prompts = {check_label(label): checked_prompts(texts) for label, texts in prompts.items()}
        after: dict[str, Prompts | None] = dict.fromkeys(self.prompts) if replace_all else {}
        after |= prompts
        what = "set the prompts of " + ", ".join(f"'{label}'" for label in prompts)
        return self._commit(what if prompts else "removed all prompts", Change(), self._prompt_change(after))

    def add_initial_prompts(self, labels: Iterable[str]) -> None:
        """Give labels without a prompt the templates, for this run only: neither recorded nor undone.

        They are a suggestion: a label that a person forgot, renamed or left out of a replacement of all prompts
        gets none, also after a restart, until undo takes that back.
        """
        self._initial = tuple(labels)
        if self._suggested(self.prompts, self._declined):
            self.prompts |= self._suggested(self.prompts, self._declined)
            self.version += 1

    def prompts_after(self, step: Step) -> dict[str, Prompts]:
        """The prompts that there will be after a step, those of initial labels among them."""
        recorded = {label: self.prompts[label] for label in self.prompts if label in self._recorded}
        for label in step.prompts.labels:
            recorded.pop(label, None)
        recorded |= {label: texts for label, texts in step.prompts.after.items() if texts is not None}
        return recorded | self._suggested(recorded, self._declined_after(step))

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
        self.followers.check(step.inverse())
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
        self.followers.check(step)
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

    def abandon(self) -> None:
        """Close a memory that is not used after all; files that began with it and hold nothing are removed."""
        self._record.abandon()

    def _load(self) -> None:
        """Hold in RAM what the record holds."""
        loaded = self._record.load()
        self._shelves, self._tally = Shelves(), Tally()
        self._follow(Change(added=loaded.examples))
        self._build_index()
        self._recorded, self._declined = set(loaded.prompts), set(loaded.declined)
        self.prompts = loaded.prompts | self._suggested(loaded.prompts, self._declined)
        self.version = loaded.version

    def _suggested(self, recorded: Mapping[str, Prompts], declined: Collection[str]) -> dict[str, Prompts]:
        """The prompts of the initial labels that nobody has spoken of."""
        return {label: () for label in self._initial if label not in recorded and label not in declined}

    def _declined_after(self, step: Step) -> set[str]:
        taken = {label for label, texts in step.prompts.after.items() if texts is None}
        return (self._declined - {*step.prompts.labels}) | taken

    def _prompt_change(self, after: Mapping[str, Prompts | None]) -> PromptChange:
        recorded = {label: self.prompts[label] for label in after if label in self._recorded}
        return PromptChange(
            recorded | {label: None for label in after if label in self._declined}, dict(after)
        )

    def _commit(self, what: str, examples: Change, prompts: PromptChange | None = None) -> Step:
        step = Step(0, what, examples, prompts or PromptChange())
        self.followers.check(step)
        begin_commit()
        self._record.commit(step, self.version + 1)
        return self._advance(step)

    def _with_news(self, step: Step) -> Step:
        """The step, with a word where writing works again."""
        news = self._record.recovered
        return replace(step, what=f"{step.what} ({news})") if news else step

    def _advance(self, step: Step) -> Step:
        """Follow a step that was written; it raises nothing."""
        try:
            self._hold(step)
        except Exception:
            self.followers.survived("the memory in RAM")
            self._load_again()
        else:
            self._follow_with_index(step.examples)
        self.followers.tell(step)
        return self._with_news(step)

    def _hold(self, step: Step) -> None:
        prompts, declined = self.prompts_after(step), self._declined_after(step)
        self._follow(step.examples)
        taken = {label for label in step.prompts.labels if step.prompts.after.get(label) is None}
        self._recorded = (self._recorded | {*step.prompts.after}) - taken
        self.prompts, self._declined = prompts, declined
        self.version += 1

    def _load_again(self) -> None:
        try:
            self._load()
        except Exception:
            self.followers.survived("reading the memory anew")
