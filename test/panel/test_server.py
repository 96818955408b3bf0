# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The panel's server: its ports, its guard against other sites, and the endless picture."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocketDisconnected

from vfrt_ros.core.types.errors import RequestError
from vfrt_ros.panel.overlay_route import PATH, OverlayRoute, parts
from vfrt_ros.panel.server import PORT, Farewell, PortError, open_port, url


def test_a_taken_port_is_refused_where_it_was_asked_for_and_passed_over_where_not() -> None:
    with open_port("127.0.0.1", 0) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortError, match=f"Port {number} is in use"):
            open_port("127.0.0.1", number)
    with open_port("127.0.0.1", None) as first, open_port("127.0.0.1", None) as second:
        assert first.getsockname()[1] != second.getsockname()[1]
        assert first.getsockname()[1] >= PORT


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_interface_that_is_not_here_is_one_clear_line(host: str) -> None:
    with pytest.raises(PortError, match=f"Cannot open {host}, port 0"):
        open_port(host, 0)


def test_the_address_is_one_that_a_browser_can_use() -> None:
    assert url("127.0.0.1", 8501) == "http://localhost:8501"
    assert url("0.0.0.0", 8501) == f"http://{socket.gethostname()}:8501"
    assert url("192.0.2.1", 80) == "http://192.0.2.1:80"


def test_a_browser_that_is_gone_is_no_error() -> None:
    async def app(scope, receive, send) -> None:
        raise WebSocketDisconnected("gone")

    async def broken(scope, receive, send) -> None:
        raise RuntimeError("broken")

    asyncio.run(Farewell(app)({}, None, None))
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(Farewell(broken)({}, None, None))


class Pictures:
    """Pictures that a test hands out."""

    def __init__(self) -> None:
        self.newest = b""
        self.ended = False
        self.news: list[Callable[[], None]] = []

    @contextmanager
    def watch(self, news: Callable[[], None]) -> Iterator[None]:
        self.news.append(news)
        yield
        self.news.remove(news)

    def show(self, jpeg: bytes) -> None:
        self.newest = jpeg
        for news in self.news:
            news()


def test_each_picture_is_a_part_a_slow_reader_gets_the_newest_and_the_end_ends_it() -> None:
    async def read() -> list[bytes]:
        pictures = Pictures()
        stream = parts(pictures)
        read = [await anext(stream)]
        for shown in ([b"one"], [b"two", b"three"]):
            for jpeg in shown:
                pictures.show(jpeg)
            read.append(await anext(stream))
        pictures.ended = True
        pictures.show(b"four")
        read += [part async for part in stream]
        assert pictures.news == []
        return read

    head = b"Content-Type: image/jpeg\r\nContent-Length: "
    assert asyncio.run(read()) == [
        b"--picture\r\n",
        head + b"3\r\n\r\none\r\n--picture\r\n",
        head + b"5\r\n\r\nthree\r\n--picture\r\n",
    ]


def test_a_stream_that_is_asked_for_at_the_end_ends() -> None:
    async def read() -> list[bytes]:
        pictures = Pictures()
        pictures.ended = True
        return [part async for part in parts(pictures)]

    assert asyncio.run(asyncio.wait_for(read(), 30.0)) == [b"--picture\r\n"]


def test_pictures_are_sent_as_they_are_though_the_browser_takes_gzip() -> None:
    class Last(Pictures):
        """Ends as soon as somebody watches."""

        @contextmanager
        def watch(self, news: Callable[[], None]) -> Iterator[None]:
            self.ended = True
            news()
            yield

    async def ask(path: str) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        asked = [{"type": "http.request", "body": b"", "more_body": False}]
        scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"accept-encoding", b"gzip")]}

        async def receive() -> dict[str, Any]:
            return asked.pop() if asked else await asyncio.Future()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await OverlayRoute(PlainTextResponse("the page"), lambda camera: Last())(scope, receive, send)
        return sent

    head, *body = asyncio.run(ask(PATH))
    headers = Headers(raw=head["headers"])
    assert headers["content-type"] == "multipart/x-mixed-replace; boundary=picture"
    assert "content-encoding" not in headers
    assert body[0]["body"] == b"--picture\r\n"
    assert asyncio.run(ask("/"))[1]["body"] == b"the page"


def test_the_camera_that_is_asked_for_is_shown_and_another_is_not_found() -> None:
    def choose(camera: str) -> Any:
        asked.append(camera)
        raise RequestError("There is no camera 'door', only front, left.")

    async def ask(query: bytes) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        scope = {"type": "http", "method": "GET", "path": PATH, "query_string": query, "headers": []}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await OverlayRoute(PlainTextResponse("the page"), choose)(scope, receive, send)
        return sent

    asked: list[str] = []
    head, body = asyncio.run(ask(b"17&camera=door"))
    assert (head["status"], asked) == (404, ["door"])
    assert body["body"] == b"There is no camera 'door', only front, left."
