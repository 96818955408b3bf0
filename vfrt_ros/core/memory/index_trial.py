# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Whether an index can do what a memory asks of it, tried on some vectors before anybody relies on it.

FAISS makes indexes that it cannot fill, and some of them end the process. So what is not known to work is tried in a
process of its own: `python -m vfrt_ros.core.memory.index_trial DIM FACTORY`.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from functools import lru_cache

import numpy as np

from vfrt_ros.core.memory.faiss_index import AUTO, empty_index, faiss_reason
from vfrt_ros.core.types.errors import words_of

SOUND = re.compile(r"Flat|HNSW([4-9]|[1-9]\d|[1-4]\d\d)(,Flat)?|IVF[1-9]\d{0,5},Flat")
"""Factory strings that are known to work."""
PATIENCE = 120.0
"""Seconds that a trial may take."""
ROOM = 16 * 2**30
"""Bytes of address space that it may take."""
_CELLS = re.compile(r"IVF(\d+)")
_BATCH = 300


@lru_cache(maxsize=64)
def index_fault(dim: int, factory: str) -> str:
    """Why an index cannot serve a memory, in words; empty = it can.

    Args:
        dim: Of the vectors.
        factory: A FAISS factory string or `auto`.
    """
    if factory == AUTO or SOUND.fullmatch(factory):
        return ""
    command = [sys.executable, "-m", "vfrt_ros.core.memory.index_trial", str(dim), ascii(factory)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"a trial on some vectors took more than {PATIENCE:g} s"
    except OSError as error:
        return f"it could not be tried: {words_of(error)}"
    if done.returncode == 0:
        return ""
    said = done.stdout.strip().splitlines()
    return said[-1] if said else f"a trial on some vectors ended with {_ending(done.returncode)}"


def _ending(status: int) -> str:
    """How a process ended, by the name of its signal where it has one."""
    names = {number.value: number.name for number in signal.Signals}
    return names.get(-status, f"status {status}")


def attempt(dim: int, factory: str) -> None:
    """Train, fill, search and empty an index of this kind, with two cells where it has more.

    Args:
        dim: Length d of an embedding.
        factory: A FAISS factory string.

    Raises:
        Exception: Whatever FAISS says.
    """
    small = _CELLS.sub(lambda cells: "IVF2" if int(cells[1]) > 2 else cells[0], factory)
    count = max(2 * _BATCH, 2 * dim)
    rows = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ids = np.arange(count, dtype=np.int64) + 7
    index = empty_index(dim, small, 1)
    if not index.is_trained:
        index.train(rows)
    for part in (slice(0, _BATCH), slice(_BATCH, count)):
        index.add_with_ids(rows[part], ids[part])
        cosines, found = index.search(rows[:1], 3)
        if not np.isfinite(cosines[found >= 0]).all() or not set(found[found >= 0].tolist()) <= set(
            ids.tolist()
        ):
            raise ValueError("it finds what is not in it")
        if (found < 0).all():
            raise ValueError("it finds nothing of what is in it")


def main(dim: str, factory: str) -> int:
    """Exit status 0 where the index can serve, else 1 with one line that says why not.

    Args:
        dim, factory: As for `attempt`, as texts.
    """
    import ast

    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Where whoever asked is gone, nobody is left to end it.
    resource.setrlimit(resource.RLIMIT_CPU, (int(PATIENCE), int(PATIENCE) + 1))
    try:
        attempt(int(dim), ast.literal_eval(factory))
    except Exception as error:
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        print(faiss_reason(cause).encode("ascii", "backslashreplace").decode())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
