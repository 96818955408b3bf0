# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The process that is killed: it opens a memory, changes it without end and tells each operation before and after."""

from __future__ import annotations

import contextlib
import random
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from tools.crash.operation import do, new_memory, random_operation
from vfrt_ros.core.memory.memory import Memory


def run(path: Path, seed: int, teller: Connection, operations: int | None = None) -> None:
    """Do operations until killed.

    Args:
        path: The memory's file.
        seed: Of the operations.
        teller: Gets ("opened", version) after each start, ("begins", operation) and ("done", version).
        operations: Stop and wait after so many; None = go on without end.
    """
    # Ctrl-C is for the trial, which then hangs up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        _run(path, random.Random(seed), teller, operations)


def _run(path: Path, dice: random.Random, teller: Connection, operations: int | None) -> None:
    memory = _open(path, teller)
    done = 0
    while operations is None or done < operations:
        operation = random_operation(dice)
        teller.send(("begins", operation))
        if operation.kind == "start":
            memory.close()
            memory = _open(path, teller)
        else:
            do(memory, operation)
        teller.send(("done", memory.version))
        done += 1
    teller.send(("waits", memory.version))
    teller.poll(None)


def _open(path: Path, teller: Connection) -> Memory:
    memory = new_memory(path)
    teller.send(("opened", memory.version))
    return memory
