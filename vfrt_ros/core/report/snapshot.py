# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A folder that shows what was seen and what was answered."""

from __future__ import annotations

import json
import math
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vfrt_ros.core.config.leftovers import remove_leftovers
from vfrt_ros.core.config.settings import state_folder
from vfrt_ros.core.types.errors import MemoryStoreError, RequestError, SettingError, words_of
from vfrt_ros.core.types.job import begin_commit

Picture = npt.NDArray[np.uint8]
NAME = re.compile(r"[\w][\w. -]{0,99}")
_UNFINISHED = ".new-"
"""How the names of folders begin in which snapshots are written; `NAME` begins with no dot."""


def snapshot_folder(snapshot_dir: str) -> Path:
    """The folder that the parameter means; empty = `$ROS_HOME/vfrt/snapshots`.

    Args:
        snapshot_dir: The parameter's value.

    Raises:
        SettingError: not a folder, and one cannot be made there.
    """
    if not snapshot_dir:
        return state_folder() / "snapshots"
    try:
        folder = Path(snapshot_dir).expanduser().absolute()
        nearest_there = next(path for path in (folder, *folder.parents) if path.exists())
    except RuntimeError as error:
        raise SettingError(f"snapshot_dir: there is no home folder for {snapshot_dir!r}.") from error
    except (OSError, ValueError) as error:
        raise SettingError(f"snapshot_dir: {snapshot_dir!r} is no path: {words_of(error)}.") from error
    if not nearest_there.is_dir():
        raise SettingError(f"snapshot_dir: {nearest_there} is a file; expected a folder.")
    return folder


def check_name(name: str) -> str:
    """The name of a snapshot; empty = the time.

    Args:
        name: As somebody typed it.

    Raises:
        RequestError: not a plain file name; nothing is ever written elsewhere.

    >>> check_name("desk 1")
    'desk 1'
    """
    name = name.strip() or datetime.now().strftime("%Y-%m-%d_%H-%M-%S.%f")[:-3]
    if not NAME.fullmatch(name):
        raise RequestError(
            f"A snapshot's name must be letters, digits, blanks, '.', '-' and '_', at most 100, the "
            f"first none of blank, '.' and '-'; got {name[:60]!r}."
        )
    return name


def write_snapshot(
    folder: Path,
    name: str,
    frame: npt.NDArray[np.uint8],
    overlay: npt.NDArray[np.uint8],
    answer: dict[str, object],
    limit: float = math.inf,
) -> Path:
    """Write `frame.png`, `overlay.png` and `recognition.json`; the folder appears whole or not at all.

    What is left of snapshots whose node was killed while it wrote them is removed when it is an hour old.

    Args:
        folder: Where the snapshot's folder is made.
        name: Checked by `check_name`.
        frame: (H, W, 3) uint8 BGR.
        overlay: The same with the answer drawn over it.
        answer: For JSON.
        limit: Bytes that all snapshots may take; the oldest are removed, this one never.

    Returns:
        The absolute path of the snapshot's folder.

    Raises:
        RequestError: There is one of this name.
        MemoryStoreError: It cannot be written.
    """
    target = folder / name
    try:
        if target.exists():
            raise RequestError(
                f"There is a snapshot '{name}' already: choose another name, or none for the time."
            )
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder, f"{_UNFINISHED}*", _is_unfinished)
        with tempfile.TemporaryDirectory(dir=folder, prefix=_UNFINISHED) as temporary:
            whole = Path(temporary) / name
            whole.mkdir()
            _write_picture(whole / "frame.png", frame)
            _write_picture(whole / "overlay.png", overlay)
            (whole / "recognition.json").write_text(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
            begin_commit()
            whole.rename(target)
        make_room(folder, target, limit)
    except OSError as error:
        raise MemoryStoreError(
            f"Cannot write the snapshot {target}: {words_of(error)}; check snapshot_dir and the disk."
        ) from error
    return target


def _write_picture(path: Path, picture: Picture) -> None:
    done, buffer = cv2.imencode(path.suffix, picture)
    if not done:
        raise OSError(f"OpenCV cannot write {path.name}")
    path.write_bytes(buffer.tobytes())


FILES = frozenset({"frame.png", "overlay.png", "recognition.json"})


def _is_unfinished(path: Path) -> bool:
    """Whether a folder holds nothing but a snapshot that was begun."""
    files = [file for whole in path.iterdir() for file in whole.iterdir()]
    return {file.name for file in files} <= FILES


def make_room(folder: Path, keep: Path, limit: float) -> list[Path]:
    """Remove the oldest snapshots until the folder holds at most `limit` bytes of them.

    Only folders that hold nothing but a snapshot's files are counted and removed: what else somebody keeps
    there is not touched, and links are not followed.

    Args:
        folder: The folder of snapshots.
        keep: The newest one, which stays in any case.
        limit: Bytes.

    Returns:
        What was removed, oldest first.

    Raises:
        OSError: The folder cannot be read, or a snapshot cannot be removed.
    """
    found = sorted(_snapshots(folder), key=lambda path: (path.stat().st_mtime_ns, path.name))
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in found}
    total, removed = sum(sizes.values()), []
    for path in found:
        if total <= limit:
            break
        if path != keep:
            shutil.rmtree(path)
            total -= sizes[path]
            removed.append(path)
    return removed


def _snapshots(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            continue
        names = {file.name for file in path.iterdir()}
        if names and names <= FILES:
            yield path
