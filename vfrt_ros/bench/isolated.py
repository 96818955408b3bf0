# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Work in a process of its own: `python -m tools.bench.isolated MODULE:FUNCTION JSON`.

The function gets the JSON's members as keywords. What it returns is written as one line of JSON. With `--steps`
it returns a step instead, a function without arguments; the process then reads a number from each line of its
input, takes that many steps and answers with the seconds of each.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vfrt_ros.core.types.errors import VfrtError

_MARK = "@vfrt-bench "
_FAULT = "@vfrt-bench-fault "


class BenchError(VfrtError):
    """A measurement could not be made; the text says why."""


def isolated(function: Callable[..., Any], /, **options: Any) -> Any:
    """Run a function of a module in a new process, and return what it returns.

    Args:
        function: At the top of its module; returns what JSON can hold.
        options: Its keywords, which JSON can hold.

    Raises:
        BenchError: The process failed.
    """
    done = subprocess.run(_command(function, options), capture_output=True, text=True, check=False)
    answers = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode or not answers:
        raise BenchError(_why(done.stderr))
    return json.loads(answers[-1].removeprefix(_MARK))


class Steps:
    """A step that is taken in a new process, which stays at rest between calls.

    Args:
        function: As for `isolated`; returns the step.
        options: Its keywords.
        log: Where the process writes its complaints.
    """

    def __init__(self, function: Callable[..., Callable[[], Any]], log: Path, **options: Any) -> None:
        self._log = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                _command(function, options, "--steps"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def take(self, count: int) -> list[float]:
        """Seconds of each of `count` steps; 0 waits until the process is ready.

        Raises:
            BenchError: The process has ended.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise BenchError("The process has no pipes.")
        try:
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the reading below says why
        for line in self._process.stdout:
            if line.startswith(_MARK):
                seconds: list[float] = json.loads(line.removeprefix(_MARK))
                return seconds
        raise BenchError(_why(self._log.read_text(errors="replace")))

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has ended before it read the last number
                self._process.stdin.close()
        try:
            self._process.wait(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _command(function: Callable[..., Any], options: dict[str, Any], *flags: str) -> list[str]:
    place = f"{function.__module__}:{function.__qualname__}"
    return [sys.executable, "-m", __name__, *flags, place, json.dumps(options)]


def _why(errors: str) -> str:
    """The reason in what a process wrote to stderr: an error of ours in its own words, else the last line."""
    lines = [line for line in errors.splitlines() if line.strip()]
    told = [line.removeprefix(_FAULT) for line in lines if line.startswith(_FAULT)]
    return (told or lines or ["its process ended without a word"])[-1]


def _answer(content: Any) -> None:
    print(_MARK + json.dumps(content), flush=True)


def _serve(step: Callable[[], Any]) -> None:
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            start = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - start)
        _answer(seconds)


def main(arguments: list[str]) -> None:
    """Run what the command line names."""
    import vfrt_ros.nodes  # noqa: F401  linear algebra with as many threads as in the nodes, the reference's too

    *flags, place, options = arguments
    module, _, name = place.partition(":")
    try:
        result = getattr(importlib.import_module(module), name)(**json.loads(options))
        if flags:
            _serve(result)
        else:
            _answer(result)
    except VfrtError as error:
        sys.exit(f"{_FAULT}{error}")
    sys.stdout.flush()
    # Threads of runtimes and middleware may hold up an ordinary end, and nothing is left to be saved.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
