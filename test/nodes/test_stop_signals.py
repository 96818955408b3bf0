# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A node that is told to end ends, from its first line on, with status 0 and without a traceback."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from nodes.node_process import NodeProcess

from vfrt_ros.nodes.stop_signals import NUMBERS, StopSignals, ToldToStopError

DEADLINE = 30.0


@pytest.fixture
def stop():
    before = {number: signal.getsignal(number) for number in NUMBERS}
    made = StopSignals()
    made.listen()
    yield made
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_breaks_off_the_start_and_not_what_takes_it_down(stop, number) -> None:
    with pytest.raises(ToldToStopError), stop.breaking_off():
        try:
            signal.raise_signal(number)
            pytest.fail("the start went on")
        except Exception:
            pytest.fail("a start that survives everything would survive this")
        finally:
            signal.raise_signal(number)
    signal.raise_signal(number)
    stop.wait()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_before_the_start_or_in_a_finaliser_ends_it_too(stop) -> None:
    class Finalised:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(ToldToStopError), stop.breaking_off():
        Finalised()
    with pytest.raises(ToldToStopError), stop.breaking_off():
        pytest.fail("it was told before")


def test_what_fails_since_a_signal_came_is_no_fault(stop) -> None:
    with pytest.raises(ToldToStopError), stop.breaking_off():
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException:
            raise ImportError("initialization failed") from None
    with pytest.raises(ToldToStopError):
        stop.raise_if_told()


def test_a_fault_without_a_signal_stays_a_fault(stop) -> None:
    with pytest.raises(ImportError), stop.breaking_off():
        raise ImportError("no such module")


def test_the_wait_is_ended_from_another_thread(stop) -> None:
    threading.Thread(target=stop.end).start()
    assert stop.wait(DEADLINE)


SLOW_IMPORT = """
import time

print("importing", flush=True)
time.sleep(600)
"""
SLOW_LOADING = """
import time

def build(device="cpu", **kw):
    print("loading weights", flush=True)
    time.sleep(600)
"""

IMPORT_IN_CPP = """
import time

def build(device="cpu", **kw):
    print("loading weights", flush=True)
    try:
        time.sleep(600)
    except BaseException:
        raise ImportError("initialization failed") from None
"""


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    """A folder whose modules go before all others in the node's process."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return tmp_path


def end(process: NodeProcess, words: str, number: signal.Signals) -> tuple[int, str, bool]:
    """Tell it to end when it has said these words: exit status, its last line, whether something is left behind."""
    try:
        process.wait_for_output(words)
        process.send(number)
        return process.status(), process.output.strip().splitlines()[-1], process.left_behind
    finally:
        process.kill()


@pytest.mark.e2e
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("module", ["camera_node", "recognition_node"])
def test_it_ends_while_it_imports(path, module, number) -> None:
    (path / "cv2.py").write_text(SLOW_IMPORT)
    ended = end(NodeProcess(path / "node", module), "importing", number)
    assert ended == (0, "importing", False)


@pytest.mark.e2e
@pytest.mark.parametrize("loading", [SLOW_LOADING, IMPORT_IN_CPP], ids=["slow", "signal made an ImportError"])
@pytest.mark.parametrize("number", NUMBERS)
def test_it_ends_while_weights_load(domain, path, monkeypatch, number, loading) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
    (path / "slow_backbone.py").write_text(loading)
    told = path / "slow_backbone-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-backbone\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[vfrt.backbones]\nslow = slow_backbone:build\n")
    node = NodeProcess(path / "node", "recognition_node", "-p", "backbone:=slow")
    assert end(node, "loading weights", number) == (0, "loading weights", False)
