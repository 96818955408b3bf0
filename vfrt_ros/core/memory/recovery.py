# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Recover the newest good state from what is found at the start.

A memory is two files: `memory.db` and `memory.db.copy`. Each change is committed to both before it is answered.
So either one alone holds everything that was answered, whatever happens to the other. A damaged file is renamed,
never removed or written over.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from vfrt_ros.core.memory.database import Journal
from vfrt_ros.core.memory.inspect_file import FileState, InspectionReport, Say, inspect, is_ours
from vfrt_ros.core.memory.lock import Acknowledged
from vfrt_ros.core.memory.salvage import salvage, write_salvaged
from vfrt_ros.core.memory.set_aside import has_companions, is_taken, set_aside
from vfrt_ros.core.memory.store_file import StoreFile
from vfrt_ros.core.types.counted import counted
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import MemoryStoreError, words_of


@dataclass(frozen=True, slots=True)
class Pair:
    """The two open files.

    Attributes:
        copy: None = it could not be made.
        rewritten: The first file was written anew just now, so that its place says nothing of where it came from.
    """

    file: StoreFile
    copy: StoreFile | None
    rewritten: bool = False


def copy_path(path: Path) -> Path:
    """Where the second file of a memory is."""
    return path.with_name(path.name + ".copy")


def open_pair(
    path: Path,
    encoder: EncoderIdentity | None,
    say: Say,
    acknowledged: Acknowledged | None = None,
    robot: str = "",
) -> Pair:
    """Open both files of a memory on its newest good state, and make both hold it.

    Args:
        path: The first file; where neither exists, a new memory begins.
        encoder: The encoder; None = whichever it belongs to, and a missing memory is an error.
        say: Told what was set aside, and why.
        acknowledged: What is known to have been acknowledged last.
        robot: The id of a new memory; empty = a random one.

    Raises:
        MemoryStoreError: It is another encoder's, of a newer version, or no memory at all.
        sqlite3.Error, OSError: It is out of reach.
    """
    if not path.exists() and _salvaged_path(path).exists():
        # A kill between setting aside and putting in place.
        _salvaged_path(path).rename(path)
    first = inspect(path, Journal.WRITE_AHEAD, say)
    second = _look_at_copy(path, first, say)
    try:
        best = _newest(first, second, acknowledged)
        if best is None:
            return _without_good_state(first, second, encoder, say, robot)
        if best.file is not None and encoder is not None:
            check_owner(best.path, best.file.encoder, encoder)
        pair = _settle(first, second, say) if best is first else _restore(first, second, say)
        _say_what_is_lost(pair.file, acknowledged, say)
        return pair
    except BaseException:
        first.close()
        second.close()
        raise


def try_copy(file: StoreFile, say: Say) -> StoreFile | None:
    """A fresh second file for an open first one; None, with a word, where it cannot be made.

    Args:
        file: The first one.
        say: Is told why not.
    """
    path = copy_path(_path_of(file))
    try:
        file.copy_to(path)
        return StoreFile(path)
    except (sqlite3.Error, OSError) as error:
        say(
            f"The copy {path} cannot be written ({words_of(error)}): changes are kept in {file.path} alone until "
            "it can."
        )
        return None


def _look_at_copy(path: Path, first: InspectionReport, say: Say) -> InspectionReport:
    try:
        return inspect(copy_path(path), Journal.WRITE_AHEAD, say)
    except (MemoryStoreError, sqlite3.Error, OSError) as error:
        if first.state is FileState.GOOD:
            return InspectionReport(copy_path(path), FileState.OUT_OF_REACH, fault=words_of(error))
        first.close()
        raise


def _newest(
    first: InspectionReport, second: InspectionReport, acknowledged: Acknowledged | None
) -> InspectionReport | None:
    """The good one of the two, the first where both are as new; None where neither is good."""
    if first.file is None or second.file is None:
        return first if first.file else second if second.file else None
    ahead = second.file.version - first.file.version
    if ahead == 1 and acknowledged == Acknowledged(first.file.meta["identity"], first.file.version):
        # It was on its way, or refused: never acknowledged.
        return first
    return second if ahead > 0 and _are_kin(first.file, second.file) else first


def _say_what_is_lost(file: StoreFile, acknowledged: Acknowledged | None, say: Say) -> None:
    if (
        acknowledged is not None
        and acknowledged.identity == file.meta["identity"]
        and acknowledged.version > file.version
    ):
        say(
            f"The memory {file.path} is at change {file.version} and had been at {acknowledged.version}: the newest "
            "changes are lost."
        )


def _are_kin(first: StoreFile, second: StoreFile) -> bool:
    return first.meta["identity"] == second.meta["identity"]


def check_owner(path: Path, learned: EncoderIdentity, encoder: EncoderIdentity) -> None:
    """Refuse a memory that belongs to another encoder, and say what to do.

    Args:
        path: Of the memory.
        learned: Its encoder.
        encoder: That it is to be used with.

    Raises:
        MemoryStoreError: It was learned with another encoder.
    """
    if encoder.owns(learned):
        return
    same = learned.encoder_id == encoder.encoder_id
    cure = (
        "the weights, the input size or int8 differ, set precision, img_size and model_path as they were"
        if same
        else "start with that backbone"
    )
    raise MemoryStoreError(
        f"The memory {path} was learned with the encoder {learned} and this is {encoder}: {cure}, "
        "re-embed it (vfrt memory reembed), or set memory_path to another file."
    )


def _settle(first: InspectionReport, second: InspectionReport, say: Say) -> Pair:
    """The first file is the newest: the second one becomes as it is."""
    file, copy = first.file, second.file
    if file is None:
        raise ValueError("The first file is not open.")
    if copy is not None and copy.digest == file.digest:
        return Pair(file, copy)
    stranger = copy is not None and not (_are_kin(file, copy) and copy.version != file.version)
    second.close()
    if second.state is FileState.OUT_OF_REACH:
        say(f"The copy {second.path} is out of reach: {second.fault}")
        return Pair(file, None)
    if second.state in (FileState.DAMAGED, FileState.BLANK) or stranger:
        why = second.fault or (
            "it was empty" if second.state is FileState.BLANK else "it belongs to another memory"
        )
        say(
            f"The copy {second.path} was set aside as {set_aside(second.path)} ({why}) and made "
            f"anew; the memory is at change {file.version}."
        )
    elif second.state is FileState.MISSING and file.version:
        if is_taken(second.path):
            set_aside(second.path)
        say(f"The copy {second.path} was missing and was made anew; the memory is at change {file.version}.")
    return Pair(file, try_copy(file, say))


def _restore(first: InspectionReport, second: InspectionReport, say: Say) -> Pair:
    """The second file is the newest: the first one is set aside and written anew."""
    if second.file is None:
        raise ValueError("The second file is not open.")
    why = first.fault or {
        FileState.MISSING: "it was missing",
        FileState.BLANK: "it was empty",
        FileState.GOOD: "it had lost its newest changes",
    }.get(first.state, "")
    first.close()
    aside = f" and set aside as {set_aside(first.path)}" if is_taken(first.path) else ""
    second.file.copy_to(first.path)
    say(
        f"The memory {first.path} was damaged ({why}){aside}; its copy holds change {second.file.version}, the "
        "newest that was saved, and was used."
    )
    return Pair(StoreFile(first.path), second.file, rewritten=True)


def _without_good_state(
    first: InspectionReport, second: InspectionReport, encoder: EncoderIdentity | None, say: Say, robot: str
) -> Pair:
    """A new memory, or what can be read of two damaged files."""
    damaged = [found for found in (first, second) if found.state is FileState.DAMAGED]
    if not damaged:
        return _new(first.path, encoder, say, robot)
    if second.state is FileState.MISSING and not is_ours(first.path):
        raise MemoryStoreError(
            f"{first.path} is not a memory ({first.fault}): set memory_path to another file; it was left as it is."
        )
    saved = salvage([found.path for found in damaged], encoder)
    if saved.encoder is None:
        raise MemoryStoreError(
            f"Both files of the memory {first.path} are damaged, and not even its encoder can be read: the next "
            "start of the node sets them aside and begins anew."
        )
    unfinished = _salvaged_path(first.path)
    write_salvaged(saved, saved.encoder, unfinished)
    names = " and ".join(f"{found.path.name} ({found.fault}) as {set_aside(found.path)}" for found in damaged)
    say(
        f"Both files of the memory {first.path} are damaged and were set aside: {names}. Salvaged from them: "
        f"{counted(len(saved.rows), 'operation')}; what else was done is lost."
    )
    if is_taken(first.path):
        set_aside(first.path)
    unfinished.rename(first.path)
    file = StoreFile(first.path)
    return Pair(file, try_copy(file, say), rewritten=True)


def _salvaged_path(path: Path) -> Path:
    return path.with_name(path.name + ".salvaged")


def _new(path: Path, encoder: EncoderIdentity | None, say: Say, robot: str) -> Pair:
    if encoder is None:
        raise MemoryStoreError(f"There is no memory at {path}.")
    if has_companions(path):
        set_aside(path)
    file = StoreFile(path)
    try:
        file.begin(encoder, robot=robot)
        return Pair(file, try_copy(file, say))
    except BaseException:
        file.close()
        raise


def _path_of(file: StoreFile) -> Path:
    if file.path is None:
        raise ValueError("A file in RAM has no path.")
    return file.path
