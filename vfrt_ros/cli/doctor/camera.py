# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Doctor's look at the cameras: are there any, may they be used, does another program hold them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vfrt_ros.cli.doctor.check_result import CheckResult, Level

NONE_TODO = "plug one in, or name a film, folder or URL by --source (a container: --device /dev/video0)"


def check_camera(
    environment: Mapping[str, str] = os.environ,
    devices: Callable[[], Sequence[str]] | None = None,
    processes: Path = Path("/proc"),
) -> CheckResult:
    """The camera that `VFRT_SOURCE` names, else those of this machine.

    Args:
        devices: Lists the paths of the cameras; None = those of this machine.
        processes: Where the kernel shows which process has which file open.
    """
    from vfrt_ros.core.sources.device import check_device, device_path, device_paths, is_device
    from vfrt_ros.core.types.errors import SourceError

    asked = environment.get("VFRT_SOURCE", "")
    named = is_device(asked)
    paths = [device_path(asked)] if named else list((devices or device_paths)())
    if not paths:
        return CheckResult("camera", Level.NOTE, "none found: source auto shows the demo", NONE_TODO)
    for path in paths:
        try:
            check_device(path)
        except SourceError as error:
            level = Level.BROKEN if named else Level.NOTE
            return CheckResult("camera", level, f"{path} cannot be opened", str(error).rstrip("."))
    for path in paths:
        if busy := _held(path, processes):
            return busy
    return CheckResult("camera", Level.OK, ", ".join(paths))


def _held(path: str, processes: Path) -> CheckResult | None:
    """The result for a camera that somebody has open; None = nobody has."""
    others = holders(path, processes)
    if not others:
        return None
    names = ", ".join(f"{name} (process {number})" for number, name in others)
    if all("camera_node" in name for _, name in others):
        return CheckResult("camera", Level.OK, f"{path}, in use by {names}")
    numbers = " ".join(str(number) for number, _ in others)
    todo = f"a camera serves one program: close it (kill {numbers}), or choose another --source"
    return CheckResult("camera", Level.NOTE, f"{path} is held by {names}", todo)


def holders(path: str, processes: Path = Path("/proc")) -> list[tuple[int, str]]:
    """The processes that have a file open, but for this one, as far as this user may see them.

    Returns:
        Number and name of each.
    """
    wanted = os.path.realpath(path)
    found = []
    for folder in processes.glob("[0-9]*"):
        try:
            opened = {str(entry.readlink()) for entry in (folder / "fd").iterdir()}
        except OSError:  # another user's, or ended meanwhile
            continue
        if wanted in opened and int(folder.name) != os.getpid():
            found.append((int(folder.name), _name(folder)))
    return sorted(found)


def _name(folder: Path) -> str:
    """The program, or of Python's the module that it runs; its short name where it shows no command line yet."""
    try:
        words = (folder / "cmdline").read_text(errors="replace").split("\0")
        # Between its start and its first instruction a program has an empty command line.
        short = "" if words[0] else (folder / "comm").read_text(errors="replace").strip()
    except OSError:
        return "?"
    module = words[words.index("-m") + 1] if "-m" in words[:-1] else words[0]
    return module.rpartition("/")[2] or short or "?"
