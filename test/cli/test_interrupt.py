# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C: status 130 and no traceback, at every moment of a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from vfrt_ros.cli.interrupt import raising

from .conftest import Outcome
from .fake_recognition import FakeRecognition, known_cat


@pytest.fixture(autouse=True)
def hearing() -> Iterator[None]:
    """Ctrl-C is heard, also where the tests run in the background, where a shell has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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


def test_the_handler_is_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    with raising() as interrupted, pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    assert interrupted.is_set()
    assert signal.getsignal(signal.SIGINT) is before


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
