"""The process that is killed: it opens a memory, learns without end and tells each step before and after."""

from __future__ import annotations

import contextlib
import random
import signal
from multiprocessing.connection import Connection
from pathlib import Path

from tools.crash.lesson import OWNER, clock, learn, random_lesson
from vfrt_ros.core.memory.memory import Memory


def study(path: Path, seed: int, teller: Connection, lessons: int | None = None) -> None:
    """Learn until killed.

    Args:
        path: The memory's file.
        seed: Of the lessons.
        teller: Gets ("opened", version) after each start, ("begins", lesson) and ("done", version).
        lessons: Stop and wait after so many; None = go on without end.
    """
    # Ctrl-C is for the trial, which then hangs up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(BrokenPipeError):
        _study(path, random.Random(seed), teller, lessons)


def _study(path: Path, dice: random.Random, teller: Connection, lessons: int | None) -> None:
    memory = _open(path, teller)
    done = 0
    while lessons is None or done < lessons:
        lesson = random_lesson(dice)
        teller.send(("begins", lesson))
        if lesson.kind == "start":
            memory.close()
            memory = _open(path, teller)
        else:
            learn(memory, lesson)
        teller.send(("done", memory.version))
        done += 1
    teller.send(("waits", memory.version))
    teller.poll(None)


def _open(path: Path, teller: Connection) -> Memory:
    memory = Memory(OWNER, path, clock=clock)
    teller.send(("opened", memory.version))
    return memory
