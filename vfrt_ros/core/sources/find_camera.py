# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The first camera of this machine that delivers a frame, all tried side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vfrt_ros.core.sources.source import Source
from vfrt_ros.core.types.errors import SourceError

SECONDS = 2.0
"""How long a camera may take to open and to deliver its first frame."""


@dataclass(eq=False)
class _Trial:
    """One camera being tried in a thread of its own.

    Threads: the trial's thread writes `source` and `fault`, then sets `done`; who looks reads them after that. An
    abandoned trial closes its camera itself; `lock` decides which of the two comes first.
    """

    path: str
    source: Source | None = None
    fault: Exception | None = None

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.done = threading.Event()
        self.abandoned = False

    def run(self, opener: Callable[[str], Source], finished: Callable[[], None]) -> None:
        """Open the camera and read a frame."""
        try:
            source = opener(self.path)
            try:
                if source.read() is None:
                    raise SourceError(f"The {source.name} delivers no frame.")
            except BaseException:
                source.close()
                raise
            self._keep(source)
        except Exception as error:  # a bug is raised by who looks
            self.fault = error
        finally:
            self.done.set()
            finished()

    def _keep(self, source: Source) -> None:
        with self.lock:
            if not self.abandoned:
                self.source = source
                return
        source.close()

    def abandon(self) -> None:
        """Have the camera closed, now or as soon as it answers."""
        with self.lock:
            self.abandoned = True
            source, self.source = self.source, None
        if source is not None:
            source.close()


class CameraSearch:
    """Finds a camera that delivers; any thread may ask, one search runs at a time.

    A camera that hangs is left to its thread, and not tried again before that has come back.

    Args:
        opener: Opens the camera of a path; a SourceError says why it cannot.
        warn: Gets one line for each camera that does not deliver; the same line only once.
        seconds: Patience with all of them together.
    """

    def __init__(
        self, opener: Callable[[str], Source], warn: Callable[[str], None], seconds: float = SECONDS
    ) -> None:
        self._opener = opener
        self._warn = warn
        self._seconds = seconds
        self._one_at_a_time = threading.Lock()
        self._hanging: dict[str, _Trial] = {}
        self._told: set[str] = set()

    def find(self, paths: Sequence[str]) -> Source | None:
        """The first camera of the list that delivers, open; None where none does in time."""
        with self._one_at_a_time:
            return self._find(paths)

    def _find(self, paths: Sequence[str]) -> Source | None:
        self._hanging = {path: trial for path, trial in self._hanging.items() if not trial.done.is_set()}
        trials = [_Trial(path) for path in paths if path not in self._hanging]
        changed = threading.Condition()

        def finished() -> None:
            with changed:
                changed.notify_all()

        for trial in trials:
            name = f"vfrt-try-{trial.path}"
            threading.Thread(target=trial.run, args=(self._opener, finished), name=name, daemon=True).start()
        with changed:
            changed.wait_for(lambda: _is_decided(trials), self._seconds)
        return self._choose(trials)

    def _choose(self, trials: Sequence[_Trial]) -> Source | None:
        chosen = next((trial for trial in trials if trial.done.is_set() and trial.source is not None), None)
        for trial in trials:
            if trial is chosen:
                break
            self._tell(trial)
        for trial in trials:
            if trial is not chosen:
                trial.abandon()
                if not trial.done.is_set():
                    self._hanging[trial.path] = trial
        return chosen.source if chosen else None

    def _tell(self, trial: _Trial) -> None:
        if trial.done.is_set() and trial.fault is not None:
            if not isinstance(trial.fault, SourceError):
                raise trial.fault
            line = f"Source auto: {trial.fault}"
        else:
            line = f"Source auto: Camera {trial.path} delivers no frame within {self._seconds:g} s."
        if line not in self._told:
            self._told.add(line)
            self._warn(line)


def _is_decided(trials: Sequence[_Trial]) -> bool:
    """Whether the first of the list that delivers is known: all before it have failed."""
    for trial in trials:
        if not trial.done.is_set():
            return False
        if trial.source is not None:
            return True
    return True
