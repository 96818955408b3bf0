# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Where the file of a memory is."""

from __future__ import annotations

import re
from pathlib import Path

from vfrt_ros.core.config.own_path import own_path
from vfrt_ros.core.config.settings import state_folder

IN_RAM = ":memory:"


def memory_file(memory_path: str, encoder_id: str) -> Path | None:
    """The file that `memory_path` means.

    Args:
        memory_path: A file; `:memory:` for RAM only; empty = `$ROS_HOME/vfrt/<encoder>/memory.db`, so that
            each encoder has a memory of its own.
        encoder_id: The encoder's name.

    Returns:
        The file; None for RAM only.

    Raises:
        MemoryStoreError: No file can have this path.
    """
    if memory_path == IN_RAM:
        return None
    if memory_path:
        return own_path(memory_path, "memory_path")
    folder = re.sub(r"[^\w.-]+", "_", encoder_id)
    # A name of dots, or none, would lead out of the state's folder.
    return state_folder() / (folder if folder.strip(".") else f"_{folder}") / "memory.db"
