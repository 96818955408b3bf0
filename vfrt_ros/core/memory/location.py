"""Where the file of a memory is."""

from __future__ import annotations

import re
from pathlib import Path

from vfrt_ros.core.settings import state_folder

IN_RAM = ":memory:"


def memory_file(memory_path: str, encoder_id: str) -> Path | None:
    """The file that `memory_path` means.

    Args:
        memory_path: A file; `:memory:` for RAM only; empty = `$ROS_HOME/vfrt/<encoder>/memory.db`, so that
            each encoder has a memory of its own.
        encoder_id: The encoder's name.

    Returns:
        The file; None for RAM only.
    """
    if memory_path == IN_RAM:
        return None
    if memory_path:
        return Path(memory_path).expanduser().absolute()
    folder = re.sub(r"[^\w.-]+", "_", encoder_id)
    return state_folder() / folder / "memory.db"
