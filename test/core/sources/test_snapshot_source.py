# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A web server with single pictures, as many cameras have one."""

from __future__ import annotations

import base64
import http.server
import threading
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from vfrt_ros.core.config.settings import CameraSettings
from vfrt_ros.core.sources import snapshot_source as module
from vfrt_ros.core.sources.open_source import open_source
from vfrt_ros.core.sources.snapshot_source import SnapshotSource, gives_single_pictures
from vfrt_ros.core.types.errors import SourceError

JPEG = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
LOGIN = "Basic " + base64.b64encode(b"me:wo/rd").decode()


class Server:
    """Answers each path by a script of (status, type, body); the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, str, bytes]]] = {}
        self.asked: list[str] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                script = server.answers.get(self.path, [(404, "text/plain", b"")])
                status, kind, body = script.pop(0) if len(script) > 1 else script[0]
                if self.path.startswith("/secret") and self.headers["Authorization"] != LOGIN:
                    status, body = 401, b""
                self.send_response(status)
                if status == 401:
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10.0)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def source(server: Server, path: str, login: str = "") -> SnapshotSource:
    return SnapshotSource(f"http://{login}{server.host}{path}", fps=2)


GOOD = (200, "image/jpeg", JPEG)


def test_each_read_fetches_a_new_picture(server: Server) -> None:
    server.answers["/snapshot.jpg"] = [GOOD]
    camera = source(server, "/snapshot.jpg")
    for _ in range(3):
        frame = camera.read()
        assert frame is not None and frame.image.shape == (48, 64, 3)
    assert len(server.asked) == 3, "the picture that was opened with is the first"
    assert (camera.live, camera.polled, camera.fps) == (True, True, 2)


@pytest.mark.parametrize(
    "bad",
    [(503, "text/plain", b""), (200, "image/jpeg", b""), (200, "image/jpeg", JPEG[:40])],
    ids=["busy", "empty", "cut"],
)
def test_a_picture_that_fails_now_and_then_is_passed_over(server: Server, bad: Any) -> None:
    server.answers["/a.jpg"] = [GOOD, bad, bad, GOOD]
    camera = source(server, "/a.jpg")
    assert camera.read() is not None
    assert camera.read() is not None
    assert len(server.asked) == 4


def test_one_that_fails_for_long_is_lost(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    server.answers["/a.jpg"] = [GOOD, (503, "text/plain", b"")]
    camera = source(server, "/a.jpg")
    camera.read()
    with pytest.raises(SourceError, match=r"No picture at http://127\.0\.0\.1:\d+/a\.jpg: status 503\."):
        camera.read()


def test_a_user_and_a_password_with_a_slash_are_sent_and_never_told(server: Server) -> None:
    server.answers["/secret.jpg"] = [GOOD]
    camera = source(server, "/secret.jpg", login="me:wo/rd@")
    assert camera.read() is not None
    assert "wo" not in camera.name
    with pytest.raises(SourceError, match="another user or password is asked for") as caught:
        source(server, "/secret.jpg", login="me:other@")
    assert "other@" not in str(caught.value)


FAULTS = {
    "nothing there": ("http://127.0.0.1:9/a.jpg", "Nothing answers at http://127.0.0.1:9/a.jpg: "),
    "no port": ("http://127.0.0.1:secret/a.jpg", "Nothing answers at http://***/a.jpg: no proper answer."),
    "no host": ("http:///a.jpg", "Nothing answers at http:///a.jpg: "),
}


@pytest.mark.parametrize(("url", "words"), FAULTS.values(), ids=FAULTS)
def test_an_address_that_is_none_is_one_line(url: str, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        SnapshotSource(url, fps=2)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_what_is_no_picture_is_said(server: Server) -> None:
    server.answers["/a.jpg"] = [(200, "text/html", b"<html>login</html>")]
    with pytest.raises(SourceError, match="no picture that OpenCV can read"):
        source(server, "/a.jpg")


def test_more_than_any_picture_has_is_not_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    server.answers["/a.jpg"] = [(200, "image/jpeg", b"x" * 1000)]
    with pytest.raises(SourceError, match="has more than"):
        source(server, "/a.jpg")


KINDS = {
    "by its ending": ("/a.JPG", "text/plain", True),
    "with a query": ("/a.jpg?size=1", "text/plain", True),
    "by its type": ("/cgi-bin/snapshot", "image/jpeg", True),
    "a stream by its type": ("/stream", "multipart/x-mixed-replace; boundary=x", False),
    "a film by its ending": ("/a.mp4", "image/jpeg", False),
    "a playlist": ("/live", "application/vnd.apple.mpegurl", False),
}


@pytest.mark.parametrize(("path", "kind", "single"), KINDS.values(), ids=KINDS)
def test_single_pictures_and_streams_are_told_apart(
    server: Server, path: str, kind: str, single: bool
) -> None:
    server.answers[path] = [(200, kind, JPEG)]
    assert gives_single_pictures(f"http://{server.host}{path}") is single


@pytest.mark.parametrize("url", ["rtsp://h/a.jpg", "http://127.0.0.1:9/stream", "http://[/a.jpg"])
def test_anything_else_is_no_single_picture(url: str) -> None:
    assert not gives_single_pictures(url)


def test_it_is_opened_by_its_address(server: Server) -> None:
    server.answers["/a.jpg"] = [GOOD]
    with open_source(CameraSettings(source=f"http://{server.host}/a.jpg", fps=3)) as camera:
        assert isinstance(camera, SnapshotSource)
        assert camera.fps == 3
