"""What is found at the start, and how the newest good state comes out of it.

A memory is two files: `memory.db` and `memory.db.copy`. Each change is committed to both before it is answered.
So either one alone holds everything that was answered, whatever happens to the other. A damaged file is renamed,
never removed or written over.
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from vfrt_ros.core.memory.book import Book
from vfrt_ros.core.memory.database import COMPANIONS, Journal, sync_folder
from vfrt_ros.core.memory.lock import Noted
from vfrt_ros.core.memory.look import Found, Say, State, is_ours, look
from vfrt_ros.core.memory.salvage import Saved, salvage
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import Owner
from vfrt_ros.core.types.errors import MemoryStoreError


@dataclass(frozen=True, slots=True)
class Pair:
    """The two open files; `copy` None = it could not be made."""

    book: Book
    copy: Book | None


def copy_path(path: Path) -> Path:
    """Where the second file of a memory is."""
    return path.with_name(path.name + ".copy")


def open_pair(path: Path, owner: Owner | None, say: Say, noted: Noted | None = None) -> Pair:
    """Open both files of a memory on its newest good state, and make both hold it.

    Args:
        path: The first file; where neither exists, a new memory begins.
        owner: The encoder; None = whichever it belongs to, and a missing memory is an error.
        say: Told what was set aside, and why.
        noted: What is known to have been acknowledged last.

    Raises:
        MemoryStoreError: It is another encoder's, of a newer version, or no memory at all.
        sqlite3.Error, OSError: It is out of reach.
    """
    if not path.exists() and _salvaged_path(path).exists():
        # A kill between setting aside and putting in place.
        _salvaged_path(path).rename(path)
    first = look(path, Journal.WRITE_AHEAD, say)
    second = _look_at_copy(path, first, say)
    try:
        best = _newest(first, second, noted)
        if best is None:
            return _without_good_state(first, second, owner, say)
        _check_owner(best, owner)
        pair = _settle(first, second, say) if best is first else _restore(first, second, say)
        _say_what_is_lost(pair.book, noted, say)
        return pair
    except BaseException:
        first.close()
        second.close()
        raise


def try_copy(book: Book, say: Say) -> Book | None:
    """A fresh second file for an open first one; None, with a word, where it cannot be made."""
    path = copy_path(_path_of(book))
    try:
        book.copy_to(path)
        return Book(path)
    except (sqlite3.Error, OSError) as error:
        say(
            f"The copy {path} cannot be written ({error}): changes are kept in {book.path} alone until it can."
        )
        return None


def set_aside(path: Path) -> Path:
    """Rename a file and what SQLite put beside it; returns the new name."""
    base = f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    aside, number = path.with_name(base), 2
    while any(aside.with_name(aside.name + end).exists() for end in ("", *COMPANIONS)):
        aside, number = path.with_name(f"{base}-{number}"), number + 1
    # The file itself goes last: a log without its file harms nothing, a file beside another's log would.
    for end in (*COMPANIONS, ""):
        old = path.with_name(path.name + end)
        if old.exists():
            old.rename(aside.with_name(aside.name + end))
    sync_folder(path.parent)
    return aside


def _look_at_copy(path: Path, first: Found, say: Say) -> Found:
    try:
        return look(copy_path(path), Journal.WRITE_AHEAD, say)
    except (MemoryStoreError, sqlite3.Error, OSError) as error:
        if first.state is State.GOOD:
            return Found(copy_path(path), State.OUT_OF_REACH, fault=str(error))
        first.close()
        raise


def _newest(first: Found, second: Found, noted: Noted | None) -> Found | None:
    """The good one of the two, the first where both are as new; None where neither is good."""
    if first.book is None or second.book is None:
        return first if first.book else second if second.book else None
    ahead = second.book.version - first.book.version
    if ahead == 1 and noted == Noted(first.book.meta["identity"], first.book.version):
        # It was on its way, or refused: never acknowledged.
        return first
    return second if ahead > 0 and _are_kin(first.book, second.book) else first


def _say_what_is_lost(book: Book, noted: Noted | None, say: Say) -> None:
    if noted is not None and noted.identity == book.meta["identity"] and noted.version > book.version:
        say(
            f"The memory {book.path} is at change {book.version} and had been at {noted.version}: the newest "
            "changes are lost."
        )


def _are_kin(first: Book, second: Book) -> bool:
    return first.meta["identity"] == second.meta["identity"]


def _check_owner(best: Found, owner: Owner | None) -> None:
    if best.book is None or owner is None or best.book.owner == owner:
        return
    same = best.book.owner.encoder_id == owner.encoder_id
    cure = (
        "the weights or the numbers it computes with differ, set precision and model_path as they were"
        if same
        else "start with that backbone"
    )
    raise MemoryStoreError(
        f"The memory {best.path} was learned with the encoder {best.book.owner} and this is {owner}: {cure}, "
        "re-embed it (vfrt memory reembed), or set memory_path to another file."
    )


def _settle(first: Found, second: Found, say: Say) -> Pair:
    """The first file is the newest: the second one becomes as it is."""
    book, copy = first.book, second.book
    if book is None:
        raise ValueError("The first file is not open.")
    if copy is not None and copy.digest == book.digest:
        return Pair(book, copy)
    stranger = copy is not None and not (_are_kin(book, copy) and copy.version != book.version)
    second.close()
    if second.state is State.OUT_OF_REACH:
        say(f"The copy {second.path} is out of reach: {second.fault}")
        return Pair(book, None)
    if second.state in (State.DAMAGED, State.BLANK) or stranger:
        why = second.fault or (
            "it was empty" if second.state is State.BLANK else "it belongs to another memory"
        )
        say(
            f"The copy {second.path} was set aside as {set_aside(second.path)} ({why}) and made "
            f"anew; the memory is at change {book.version}."
        )
    elif second.state is State.MISSING and book.version:
        _make_room(second.path)
        say(f"The copy {second.path} was missing and was made anew; the memory is at change {book.version}.")
    return Pair(book, try_copy(book, say))


def _restore(first: Found, second: Found, say: Say) -> Pair:
    """The second file is the newest: the first one is set aside and written anew."""
    if second.book is None:
        raise ValueError("The second file is not open.")
    why = first.fault or {
        State.MISSING: "it was missing",
        State.BLANK: "it was empty",
        State.GOOD: "it had lost its newest changes",
    }.get(first.state, "")
    first.close()
    orphans = any(first.path.with_name(first.path.name + end).exists() for end in ("", *COMPANIONS))
    aside = f" and set aside as {set_aside(first.path)}" if orphans else ""
    second.book.copy_to(first.path)
    say(
        f"The memory {first.path} was damaged ({why}){aside}; its copy holds change {second.book.version}, the "
        "newest that was saved, and was used."
    )
    return Pair(Book(first.path), second.book)


def _without_good_state(first: Found, second: Found, owner: Owner | None, say: Say) -> Pair:
    """A new memory, or what can be read of two damaged files."""
    damaged = [found for found in (first, second) if found.state is State.DAMAGED]
    if not damaged:
        return _new(first.path, owner, say)
    if second.state is State.MISSING and not is_ours(first.path):
        raise MemoryStoreError(
            f"{first.path} is not a memory ({first.fault}): set memory_path to another file; it was left as it is."
        )
    saved = salvage([found.path for found in damaged], owner)
    if saved.owner is None:
        raise MemoryStoreError(
            f"Both files of the memory {first.path} are damaged, and not even its encoder can be read: the next "
            "start of the node sets them aside and begins anew."
        )
    unfinished = _salvaged_path(first.path)
    _write_saved(saved, saved.owner, unfinished)
    names = " and ".join(f"{found.path.name} ({found.fault}) as {set_aside(found.path)}" for found in damaged)
    say(
        f"Both files of the memory {first.path} are damaged and were set aside: {names}. Saved from them: "
        f"{counted(len(saved.examples), 'example')}, "
        f"{counted(len(saved.prompts), 'prompt')}; other changes and the history are lost."
    )
    _make_room(first.path)
    unfinished.rename(first.path)
    book = Book(first.path)
    return Pair(book, try_copy(book, say))


def _salvaged_path(path: Path) -> Path:
    return path.with_name(path.name + ".salvaged")


def _write_saved(saved: Saved, owner: Owner, path: Path) -> None:
    """Write what was saved to one file, whole before anything is renamed."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        book = Book(Path(folder) / path.name)
        with contextlib.closing(book):
            book.begin(owner, version=saved.version)
            book.append(saved.examples, saved.prompts)
            book.copy_to(path)


def _make_room(path: Path) -> None:
    """Set aside what is left at a path, be it a log without its file."""
    if any(path.with_name(path.name + end).exists() for end in ("", *COMPANIONS)):
        set_aside(path)


def _new(path: Path, owner: Owner | None, say: Say) -> Pair:
    if owner is None:
        raise MemoryStoreError(f"There is no memory at {path}.")
    if any(path.with_name(path.name + end).exists() for end in COMPANIONS):
        set_aside(path)
    book = Book(path)
    try:
        book.begin(owner)
        return Pair(book, try_copy(book, say))
    except BaseException:
        book.close()
        raise


def _path_of(book: Book) -> Path:
    if book.path is None:
        raise ValueError("A book in RAM has no path.")
    return book.path
