# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The camera's tab without a browser: what it asks of WebRTC, and what it hands on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("streamlit", reason="streamlit is not installed")

from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.panel import browser_camera
from vfrt_ros.panel.ice_server import IceServer, read_ice_server

SERVERS = {
    "stun": ("stun:host", IceServer("stun:host")),
    "with a port": (" stuns:host:3478 ", IceServer("stuns:host:3478")),
    "turn": ("turn:host:1?transport=tcp", IceServer("turn:host:1?transport=tcp")),
    "with a person": ("turns:ann:s:e@host", IceServer("turns:host", "ann", "s:e")),
}


@pytest.mark.parametrize(("text", "expected"), SERVERS.values(), ids=SERVERS)
def test_a_server_is_read(text: str, expected: IceServer) -> None:
    assert read_ice_server(text) == expected


@pytest.mark.parametrize("text", ["", "host", "http://host", "stun:", "turn:ann@host", "stun:a b"])
def test_what_is_no_server_is_said(text: str) -> None:
    with pytest.raises(SettingError, match="must be stun:HOST"):
        read_ice_server(text)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the package is asked for, instead of it."""
    webrtc = pytest.importorskip("streamlit_webrtc")
    asked: dict[str, Any] = {}
    monkeypatch.setattr(
        webrtc, "create_video_sink_track", lambda callback, **named: {"take": callback, **named}
    )
    state = SimpleNamespace(playing=False, signalling=True)
    monkeypatch.setattr(
        webrtc, "webrtc_streamer", lambda **named: asked.update(named) or SimpleNamespace(state=state)
    )
    return asked


def draw(monkeypatch: pytest.MonkeyPatch, *servers: IceServer) -> list[tuple]:
    """Draw the tab for a session; what its source was told."""
    told: list[tuple] = []
    source = SimpleNamespace(
        put=lambda *what: told.append(("put", *what)), end=lambda who: told.append(("end", who))
    )
    client = SimpleNamespace(browser=source, ice_servers=servers)
    monkeypatch.setattr(browser_camera, "shared_client", lambda: client)
    assert browser_camera._stream("me", True) is True
    return told


def test_no_server_is_asked_unless_one_is_named(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    draw(monkeypatch)
    assert asked["rtc_configuration"] == {"iceServers": []}
    draw(monkeypatch, IceServer("turn:host", "ann", "secret"))
    server = {"urls": "turn:host", "username": "ann", "credential": "secret"}
    assert asked["rtc_configuration"] == {"iceServers": [server]}
    assert asked["desired_playing_state"] is True
    assert asked["media_stream_constraints"]["audio"] is False


def test_frames_and_the_end_reach_the_source(monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]) -> None:
    told = draw(monkeypatch)
    pixels = np.zeros((4, 6, 3), np.uint8)
    sink = asked["sink_video_track"]
    sink["take"](SimpleNamespace(to_ndarray=lambda format: pixels if format == "bgr24" else None))
    sink["on_ended"]()
    assert [deed[:2] for deed in told] == [("put", "me"), ("end", "me")]
    assert told[0][2]() is pixels


PAGES = {
    "this machine": ("http://localhost:8501", True),
    "this machine by number": ("http://127.0.0.1:8501/", True),
    "this machine, IPv6": ("http://[::1]:8501/", True),
    "encrypted": ("https://robot/", True),
    "another machine": ("http://robot:8501/", False),
    "not known": ("", True),
}


@pytest.mark.parametrize(("url", "secure"), PAGES.values(), ids=PAGES)
def test_a_page_that_gets_no_camera_says_what_to_do(url: str, secure: bool) -> None:
    assert (browser_camera.insecure(url) == "") is secure
    if not secure:
        assert "ssh -L 8501:localhost:8501 robot" in browser_camera.insecure(url)
