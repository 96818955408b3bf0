# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Undo and redo: the operations that each of them takes, and the step that comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from vfrt_ros.core.memory.fold import Fold
from vfrt_ros.core.memory.fold_entry import FoldEntry
from vfrt_ros.core.memory.folded_log import FoldedLog
from vfrt_ros.core.memory.payload import Switch
from vfrt_ros.core.memory.robot_names import names_of, robots_called
from vfrt_ros.core.memory.wording import describe
from vfrt_ros.core.types.errors import NothingToRedoError, NothingToUndoError
from vfrt_ros.core.types.example import Step
from vfrt_ros.core.types.operation import NO_END, Kind, OperationId

Found = tuple[OperationId, FoldEntry]


def undo(log: FoldedLog, robot: str) -> Step:
    """Take the newest change back that is in force; the rest as for `Memory.undo`.

    Args:
        log: Nobody else uses it meanwhile.
        robot: Whose; empty = the memory's own.
    """
    fold, own = log.fold, log.own_robots
    whose = robots_called(robot, {*fold.robots(), *own}, names_of(log.store.meta)) if robot else own
    found = _undoable(fold, own if log.robot in whose else dict.fromkeys(whose, NO_END))
    if found is None or fold.clock(found[0]) <= log.undo_after:
        raise NothingToUndoError("There is no change to undo.")
    key, entry = found
    # What came in from a file with a change goes with it.
    together = (each for each in entry.adopted if each in fold and fold.entry(each).in_force)
    what = _words(log, key)
    done = log.do(Kind.UNDO, Switch((key, *together))).inverse()
    return log.with_news(replace(done, id=key, what=what))


def redo(log: FoldedLog) -> Step:
    """Do again what undo took back last; the rest as for `Memory.redo`.

    Args:
        log: Nobody else uses it meanwhile.
    """
    found = _redoable(log.fold, log.own_robots)
    if found is None or log.fold.clock(found[0]) <= log.undo_after:
        raise NothingToRedoError("There is nothing to redo: no change was undone since the last one.")
    key, entry = found
    again = entry.targets[0]
    what = _words(log, again)
    return log.with_news(replace(log.do(Kind.REDO, Switch((key,))), id=again, what=what))


def _undoable(fold: Fold, robots: Mapping[str, int]) -> Found | None:
    """The newest change in force of these robots, each up to its last number that counts."""
    newest = (
        next(
            (each for each in _backwards(fold, *robot) if not each[1].kind.switches and each[1].in_force),
            None,
        )
        for robot in robots.items()
    )
    return max((each for each in newest if each), key=lambda each: each[1].order, default=None)


def _redoable(fold: Fold, robots: Mapping[str, int]) -> Found | None:
    """The newest undo in force of these robots that no change of the same robot came after."""
    newest = (
        next((each for each in _backwards(fold, *robot) if not _is_spent(each[1])), None)
        for robot in robots.items()
    )
    undos = (each for each in newest if each and each[1].kind is Kind.UNDO)
    return max(undos, key=lambda each: each[1].order, default=None)


def _is_spent(switch: FoldEntry) -> bool:
    """Whether an operation is a switch that redo passes over: a redo, or an undo that was redone."""
    return switch.kind.switches and not (switch.kind is Kind.UNDO and switch.in_force)


def _backwards(fold: Fold, robot: str, last: int) -> Iterator[Found]:
    for number in range(min(fold.newest(robot), last), 0, -1):
        key = OperationId(robot, number)
        if key in fold:
            yield key, fold.entry(key)


def _words(log: FoldedLog, key: OperationId) -> str:
    row = log.store.operation(key)
    return describe(log.read(row)[1]) if row is not None else ""
