# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The token of a panel that other machines reach: what lets a browser in, and what does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.panel import token_gate
from vfrt_ros.panel.token_gate import TokenGate, check_token, make_token, with_token

TOKEN = "a-long/one+&%"


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"page {request.url.query}")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


@pytest.fixture
def browser() -> TestClient:
    everything = Route("/{path:path}", page, methods=["GET", "PUT", "POST"])
    app = Starlette(
        routes=[WebSocketRoute("/stream", socket), everything],
        middleware=[Middleware(TokenGate, token=TOKEN)],
    )
    return TestClient(app, follow_redirects=False)


def ask(browser: TestClient, method: str, path: str) -> int:
    """The status; 101 of a websocket that opened."""
    if method != "WS":
        return int(browser.request(method, path).status_code)
    try:
        with browser.websocket_connect(path) as opened:
            assert opened.receive_text() == "hello"
            return 101
    except WebSocketDisconnect as refused:
        return refused.code


REQUESTS: dict[str, tuple[str, str, int, int]] = {
    "the page": ("GET", "/", 401, 200),
    "a script of the page": ("GET", "/static/index.js", 401, 200),
    "the picture stream": ("GET", "/overlay.mjpg", 401, 200),
    "an upload": ("PUT", "/_stcore/upload_file/1", 401, 200),
    "whether it is well": ("GET", "/_stcore/health", 401, 200),
    "the websocket": ("WS", "/stream", 1008, 101),
}


@pytest.mark.parametrize(("method", "path", "without", "with_it"), REQUESTS.values(), ids=REQUESTS)
def test_nothing_is_given_without_the_token_and_all_with_it(
    browser: TestClient, method: str, path: str, without: int, with_it: int
) -> None:
    assert ask(browser, method, path) == without
    browser.get("/", params={"token": TOKEN})
    assert ask(browser, method, path) == with_it


@pytest.mark.parametrize("path", ["/overlay.mjpg", "/stream"])
def test_a_program_may_give_it_with_each_request(browser: TestClient, path: str) -> None:
    method = "WS" if path == "/stream" else "GET"
    assert ask(browser, method, with_token(path, TOKEN).replace("/?", "?")) in (200, 101)
    assert ask(browser, method, path) in (401, 1008)
    browser.headers["Authorization"] = f"Bearer {TOKEN}"
    assert ask(browser, method, path) in (200, 101)


def test_the_address_loses_the_token_and_keeps_the_rest(browser: TestClient) -> None:
    answer = browser.get("/", params={"token": TOKEN, "tab": "labels"})
    assert (answer.status_code, answer.headers["location"]) == (303, "./?tab=labels")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert browser.get("/?tab=labels").text == "page tab=labels"


def test_behind_an_encrypting_proxy_the_cookie_is_sent_encrypted_only(browser: TestClient) -> None:
    browser.base_url = "https://robot.example"
    assert "Secure" in browser.get("/", params={"token": TOKEN}).headers["set-cookie"]


WRONG = {
    "another": "another",
    "its beginning": TOKEN[:-1],
    "more than it": TOKEN + "x",
    "no letters": "\udcff",
}


@pytest.mark.parametrize("token", WRONG.values(), ids=WRONG)
def test_a_wrong_token_is_asked_for_again(browser: TestClient, token: str) -> None:
    given = token.encode("utf-8", "surrogateescape")
    for answer in (browser.get("/", params={"token": given}), browser.post("/token", data={"token": given})):
        assert answer.status_code == 401
        assert "That is not the token" in answer.text
        assert "set-cookie" not in answer.headers
    browser.cookies.set("vfrt_panel_80", "x")
    assert browser.get("/").status_code == 401


def test_it_may_be_typed(browser: TestClient) -> None:
    asked = browser.get("/")
    assert re.search(r'<form method="post" action="\./token">', asked.text)
    assert browser.post("/token", data={"token": TOKEN}).headers["location"] == "./"
    assert browser.get("/").status_code == 200


def test_a_giant_that_is_typed_is_not_read_to_its_end(browser: TestClient) -> None:
    assert browser.post("/token", content=b"token=" + b"x" * 10_000_000).status_code == 401


def test_each_port_has_a_cookie_of_its_own(browser: TestClient) -> None:
    other = TestClient(browser.app, "http://testserver:8502", follow_redirects=False)
    names = {
        client.get("/", params={"token": TOKEN}).headers["set-cookie"].partition("=")[0]
        for client in (browser, other)
    }
    assert names == {"vfrt_panel_80", "vfrt_panel_8502"}


def test_it_is_compared_in_constant_time(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[Any, Any]] = []
    real: Callable[..., bool] = token_gate.hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(token_gate.hmac, "compare_digest", compare)
    browser.get("/", params={"token": "another"})
    assert (b"another", TOKEN.encode()) in compared


def test_a_token_that_is_made_is_another_each_time() -> None:
    made = {make_token() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 20
    assert all(check_token(token) == token for token in made)


@pytest.mark.parametrize("token", ["", "two words", "line\n", "\x00", "x" * 1001])
def test_a_token_that_is_none_is_wrong_usage_and_is_not_shown(token: str) -> None:
    with pytest.raises(SettingError, match=r"--token \(or VFRT_PANEL_TOKEN\) must be") as refused:
        check_token(token)
    assert token not in str(refused.value) or not token.strip()
