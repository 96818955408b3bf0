# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt panel`: wrong usage in one line, its address, and a clean end."""

from __future__ import annotations

import argparse
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest
from cli.conftest import Outcome
from ui.panel_process import PanelProcess

from vfrt_ros.cli.panel import configure, read_access


def test_a_port_that_is_none_is_wrong_usage(vfrt: Callable[..., Outcome]) -> None:
    outcome = vfrt("panel", "--port", "70000")
    assert (outcome.status, outcome.out) == (2, "")
    assert "--port must be in [0, 65535]; got 70000" in outcome.err


def test_a_taken_port_is_one_line(vfrt: Callable[..., Outcome]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = vfrt("panel", "--port", str(taken.getsockname()[1]))
    assert outcome.status == 1
    assert "choose another --port" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_without_streamlit_it_says_what_to_install(
    vfrt: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = vfrt("panel")
    assert outcome.status == 1
    assert "streamlit is missing" in outcome.err


ENDS = {
    "Ctrl-C": ((signal.SIGINT,), 130),
    "Ctrl-C that a launch passes on": ((signal.SIGINT, signal.SIGINT), 130),
    "SIGTERM": ((signal.SIGTERM,), 0),
}


@pytest.mark.e2e
@pytest.mark.parametrize(("numbers", "status"), ENDS.values(), ids=ENDS)
def test_it_says_where_it_is_and_ends_cleanly_while_pictures_are_watched(
    numbers: tuple[signal.Signals, ...], status: int, tmp_path: Path
) -> None:
    panel = PanelProcess(tmp_path / "panel.log")
    try:
        host, _, port = panel.address.removeprefix("http://").partition(":")
        assert host == "localhost"
        with socket.create_connection((host, int(port)), timeout=30.0) as watcher:
            watcher.sendall(b"GET /overlay.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"multipart/x-mixed-replace" in watcher.recv(4096)
            for number in numbers:
                panel.send(number)
                while watcher.recv(4096):
                    pass
            assert panel.end() == status
    finally:
        panel.kill()
    assert panel.output.splitlines() == [f"The panel is at {panel.address}"]


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("--origin", "robot.example", "--origin must be"),
        ("--token", "two words", "--token (or VFRT_PANEL_TOKEN)"),
    ],
)
def test_a_wrong_option_is_wrong_usage(
    vfrt: Callable[..., Outcome], option: str, value: str, text: str
) -> None:
    outcome = vfrt("panel", option, value)
    assert (outcome.status, outcome.out) == (2, "")
    assert text in outcome.err


ACCESS: dict[str, tuple[list[str], dict[str, str], str | None]] = {
    "on this machine": ([], {}, ""),
    "on this machine by number": (["--host", "::1"], {}, ""),
    "with an empty variable": ([], {"VFRT_PANEL_TOKEN": ""}, ""),
    "in a network": (["--host", "0.0.0.0"], {}, None),
    "chosen": (["--host", "0.0.0.0", "--token", "abc"], {}, "abc"),
    "by variable": (["--host", "0.0.0.0"], {"VFRT_PANEL_TOKEN": "xyz"}, "xyz"),
    "by both": (["--host", "0.0.0.0", "--token", "abc"], {"VFRT_PANEL_TOKEN": "xyz"}, "abc"),
    "on this machine, chosen": (["--token", "abc"], {}, "abc"),
}


@pytest.mark.parametrize(("options", "environment", "token"), ACCESS.values(), ids=ACCESS)
def test_who_has_to_know_a_token(options: list[str], environment: dict[str, str], token: str | None) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    access = read_access(parser.parse_args(options), environment)
    assert access.token == token if token is not None else len(access.token) > 20


def ask(address: str, **headers: str) -> tuple[int, str]:
    """Status and text of an answer."""
    try:
        with urlopen(Request(address, headers=headers), timeout=30.0) as answer:
            return answer.status, answer.read(200).decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()


@pytest.mark.e2e
def test_in_a_network_it_asks_for_the_token_that_it_printed(tmp_path: Path) -> None:
    panel = PanelProcess(tmp_path / "panel.log", "--host", "0.0.0.0")
    try:
        address, _, token = panel.address.partition("/?token=")
        here = f"http://127.0.0.1:{address.rpartition(':')[2]}"
        assert len(token) > 20
        for path in ("/", "/overlay.mjpg", "/_stcore/health"):
            assert ask(here + path)[0] == 401
            assert ask(f"{here}{path}?token={token}x")[0] == 401
        assert ask(f"{here}/_stcore/health", Authorization=f"Bearer {token}")[0] == 200
        opener = build_opener(HTTPCookieProcessor())
        with opener.open(f"{here}/?token={token}", timeout=30.0) as page:
            assert page.url == f"{here}/"
            assert "<title>" in page.read().decode()
        with opener.open(f"{here}/overlay.mjpg", timeout=30.0) as stream:
            assert stream.readline() == b"--picture\r\n"
        panel.send(signal.SIGTERM)
        assert panel.end() == 0
    finally:
        panel.kill()
    assert panel.output.splitlines() == [f"The panel is at {panel.address}"]


NONSENSE = {
    "an open bracket": b"Host: [::1",
    "a bracket around nothing": b"Host: []",
    "two hosts": b"Host: localhost\r\nHost: localhost",
    "bytes that are no text": b"Host: \xff\xfe",
    "an origin with an open bracket": b"Host: localhost\r\nOrigin: http://[::1",
    "a cookie that is none": b"Host: localhost\r\nOrigin: null\r\nCookie: =;=;\xff",
}


@pytest.mark.e2e
def test_headers_that_are_nonsense_are_refused_and_leave_no_traceback(tmp_path: Path) -> None:
    panel = PanelProcess(tmp_path / "panel.log")
    upgrade = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    )
    try:
        port = int(panel.address.rpartition(":")[2])
        for name, headers in NONSENSE.items():
            for more in (b"", upgrade):
                path = b"/_stcore/stream" if more else b"/"
                with socket.create_connection(("127.0.0.1", port), timeout=30.0) as opened:
                    opened.sendall(b"GET " + path + b" HTTP/1.1\r\n" + headers + b"\r\n" + more + b"\r\n")
                    assert opened.recv(4096).split()[1] in (b"400", b"403"), name
        panel.send(signal.SIGTERM)
        assert panel.end() == 0
    finally:
        panel.kill()
    said = set(panel.output.splitlines()) - {f"The panel is at {panel.address}"}
    assert said <= {"Invalid HTTP request received."}
