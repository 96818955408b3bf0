# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Command lines of every kind: each command runs, or says in one line why not, with status 1 or 2.

What a command would start or wait for is replaced: nodes, windows, servers, measurements and the graph.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("rclpy", reason="rclpy is not installed: run the tests with `make test`")

from vfrt_ros.cli import main as cli
from vfrt_ros.client.errors import GraphError

COMMANDS = ("live", "panel", "watch", "view", "bench")
VALUES = (
    "", "0", "-1", "1", "1e400", "nan", "99999999999999999999", "70000", "true", "demo", "auto", "embedded", "fake",
    "cat, dog", "[cat", "['a', 'b']", "640x480", "[640, 480]", "/", "a b", "/a/b", "robot-1", "~nobody/x", "rtsp://a:b@h/x",
    "=", "--", "-", "\udce4", "ä", "x" * 300, "{a: b}", "stun:h", "turn:a:b@h", "https://h", "http://h:1/x", "::1",
    "localhost", "front=0", "front=0, left=demo", "front=0, front=1", "topic", "off", "info",
)  # fmt: skip


class _Ended:
    """In the place of what runs until somebody ends it."""

    ended_by_itself = ""
    failure = ""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def run(self) -> int:
        return 0

    start = stop = close = run


def _no_graph(*_: object, **__: object) -> Any:
    raise GraphError("ROS 2 does not start: this is a test.")


@pytest.fixture(scope="module", autouse=True)
def nothing_runs() -> Iterator[None]:
    """No node, window, server, measurement, name server and graph is reached."""
    from vfrt_ros.bench.advice import TimedOption

    before, resolve = signal.getsignal(signal.SIGTERM), socket.getaddrinfo

    def local(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vfrt_ros.client.ros_thread.join_graph", _no_graph)
        patch.setattr("vfrt_ros.cli.live.node_processes.NodeProcesses", _Ended)
        patch.setattr("vfrt_ros.bringup.has_camera", lambda: False)
        patch.setattr("vfrt_ros.cli.view.window.ViewWindow", _Ended)
        patch.setattr("vfrt_ros.cli.view.loop.ViewLoop", _Ended)
        patch.setattr("vfrt_ros.panel.server.serve", lambda *_: None)
        patch.setattr(
            "vfrt_ros.bench.advice.time_options",
            lambda *_: ([TimedOption("fake", "torch", (640, 480), 1.0, 9.0)], []),
        )
        patch.setattr(socket, "getaddrinfo", local)
        patch.setenv("ROS_DOMAIN_ID", "0")
        yield
    signal.signal(signal.SIGTERM, before)


def options_of(command: str) -> list[str]:
    """All options of a command, as they are typed."""
    parser = argparse.ArgumentParser()
    cli.load_command(command).configure(parser)
    return sorted(text for action in parser._actions for text in action.option_strings)


OPTIONS = {command: options_of(command) for command in COMMANDS}
lines = st.sampled_from(COMMANDS).flatmap(
    lambda command: st.tuples(
        st.just(command),
        st.lists(
            st.one_of(
                st.sampled_from(OPTIONS[command]), st.sampled_from(VALUES), st.text("ab-=/:, ", max_size=5)
            ),
            max_size=6,
        ),
    )
)


def run(command: str, words: list[str]) -> tuple[int, list[str]]:
    """Exit status and the lines on standard error."""
    said, printed = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
        status = cli.main([command, *words])
    return status, said.getvalue().splitlines()


@example(("panel", ["--port", "99999999999999999999"]))
@example(("live", ["--size", "1e400"]))
@example(("watch", ["--namespace", "robot-1"]))
@given(lines)
def test_a_command_runs_or_says_in_a_line_why_not(line: tuple[str, list[str]]) -> None:
    command, words = line
    status, said = run(command, words)
    assert status in (0, 1, 2)
    if status:
        assert said[-1].startswith(("vfrt: error: ", f"vfrt {command}: "))
    if status == 1:
        assert len(said) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_the_plain_command_reaches_what_it_would_run(command: str) -> None:
    """So what is replaced is what there is."""
    status, said = run(command, [])
    expected = (0, []) if command in ("live", "view", "bench") else (1, [f"vfrt {command}: {GRAPH}"])
    assert (status, said) == expected


GRAPH = "ROS 2 does not start: this is a test."
