# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: status 130 or 143, no traceback and nothing left behind, at every moment of a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures.waiting import wait_for

from vfrt_ros.cli.interrupt import raising

from .conftest import Outcome
from .fake_recognition import FakeRecognition, known_cat


@pytest.fixture(autouse=True)
def hearing() -> Iterator[None]:
    """Ctrl-C is heard, also where the tests run in the background, where a shell has it ignored; SIGTERM is no end."""

    def unheard(*_: object) -> None:
        raise AssertionError("SIGTERM was not heard.")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    terminate = signal.signal(signal.SIGTERM, unheard)
    yield
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGTERM, terminate)


PRESS = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
BEGIN = "import vfrt_ros.cli.interrupt as i; i.end_at_once(); "
PROGRAMS = {
    "before anything is imported": BEGIN + PRESS,
    "in an import that swallows it": BEGIN + f"exec('try: {PRESS}\\nexcept BaseException: pass')",
    "at the end of the interpreter": BEGIN + "import atexit, os, signal; "
    "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))",
}


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_a_moment_without_anything_to_take_down_is_the_end(code: str) -> None:
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_a_command_in_the_background_goes_on() -> None:
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {BEGIN}{PRESS}; print('on')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "on\n")


@pytest.mark.parametrize("made_of_it", [ImportError, RuntimeError, SystemError])
def test_what_a_package_makes_of_it_is_no_error(
    vfrt: Any, monkeypatch: pytest.MonkeyPatch, made_of_it: type[Exception]
) -> None:
    def build() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as interrupt:
            raise made_of_it("numpy cannot be imported") from interrupt

    monkeypatch.setattr("vfrt_ros.cli.main.build_parser", build)
    assert vfrt("undo") == Outcome(130, "", "")


def test_an_error_without_it_is_seen(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def build() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("vfrt_ros.cli.main.build_parser", build)
    with pytest.raises(RuntimeError, match="a bug"):
        vfrt("undo")


SIGNALS = {"Ctrl-C": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143)}
RAISED = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: SystemExit}


@pytest.mark.parametrize(("number", "status"), SIGNALS.values(), ids=SIGNALS)
def test_the_handlers_are_as_before_afterwards(number: signal.Signals, status: int) -> None:
    before = [signal.getsignal(each) for each in RAISED]
    with raising() as told, pytest.raises(RAISED[number]):
        os.kill(os.getpid(), number)
    assert told.status == status
    assert [signal.getsignal(each) for each in RAISED] == before


def test_a_second_sigterm_breaks_nothing_off() -> None:
    taken_down = False
    with raising() as told:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SystemExit:
            os.kill(os.getpid(), signal.SIGTERM)
            taken_down = True
    assert (taken_down, told.status) == (True, 143)


@pytest.mark.parametrize("number", RAISED, ids=lambda number: number.name)
def test_what_is_ignored_stays_so(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with raising() as told:
            os.kill(os.getpid(), number)
    finally:
        signal.signal(number, before)
    assert told.status is None


@pytest.mark.parametrize(("number", "status"), SIGNALS.values(), ids=SIGNALS)
def test_an_evaluation_that_is_ended_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    temporary, out = tmp_path / "temporary", tmp_path / "out"
    temporary.mkdir()
    command = ["eval", "--stream", "demo", "--backbone", "fake", "--seconds", "100000", "--out", str(out)]
    evaluation = subprocess.Popen(
        [sys.executable, "-m", "vfrt_ros.cli", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        text=True,
    )
    try:
        wait_for(lambda: out.exists() and any(out.iterdir()), "the first frame", 120)
        assert list(temporary.glob("vfrt-eval-*")) != []
        evaluation.send_signal(number)
        _, errors = evaluation.communicate(timeout=60)
    finally:
        evaluation.kill()
    assert (evaluation.returncode, errors) == (status, "")
    assert list(temporary.iterdir()) == []
    assert list(out.iterdir()) == []


@pytest.mark.ros
def test_a_command_that_runs_ends(fake: FakeRecognition) -> None:
    fake.publish_always(known_cat())
    watch = subprocess.Popen(
        [sys.executable, "-m", "vfrt_ros.cli", "watch", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert watch.stdout is not None
        assert watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        _, errors = watch.communicate(timeout=30)
    finally:
        watch.kill()
    assert (watch.returncode, errors) == (130, "")
