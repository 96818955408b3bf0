"""`vfrt panel`: wrong usage in one line, its address, and a clean end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.conftest import Outcome
from ui.panel_process import PanelProcess


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
