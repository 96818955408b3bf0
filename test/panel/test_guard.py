# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Who is answered by the panel: its own pages, those of a proxy that was named, and nobody who writes nonsense."""

from __future__ import annotations

import asyncio
import random

import pytest
from starlette.datastructures import Headers

from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.panel.guard import LOOPBACK, Guard, read_origin

OWN = "localhost:8501"

REQUESTS: dict[str, tuple[dict[str, str], bool, bool]] = {
    "a person's": ({"host": OWN}, True, True),
    "the page's own": ({"host": OWN, "origin": f"http://{OWN}"}, True, True),
    "another site's": ({"host": OWN, "origin": "http://evil.example"}, False, False),
    "another local site's": ({"host": OWN, "origin": "http://localhost:3000"}, False, False),
    "a page of no site": ({"host": OWN, "origin": "null"}, False, False),
    "another name for this machine": (
        {"host": "evil.example:8501", "origin": "http://evil.example:8501"},
        False,
        True,
    ),
    "by the robot's name": ({"host": "robot.local:8501", "origin": "http://robot.local:8501"}, False, True),
    "by the loopback's number": ({"host": "[::1]:8501"}, True, True),
    "in capitals": ({"host": "LocalHost:8501"}, True, True),
    "an open bracket": ({"host": "[::1"}, False, False),
    "a bracket with no number": ({"host": "[x]:1"}, False, False),
    "a bracket that closes nothing": ({"host": "localhost]"}, False, False),
    "a port that is no number": ({"host": "localhost:http"}, False, False),
    "a person before the host": ({"host": "evil@localhost"}, False, False),
    "a host with a path": ({"host": "localhost/evil"}, False, False),
    "no host": ({}, False, False),
    "an empty host": ({"host": ""}, False, False),
    "an origin with an open bracket": ({"host": OWN, "origin": "http://[::1"}, False, False),
}


async def nothing(scope, receive, send) -> None: ...


@pytest.mark.parametrize(("headers", "at_home", "open_to_all"), REQUESTS.values(), ids=REQUESTS)
def test_who_is_answered(headers: dict[str, str], at_home: bool, open_to_all: bool) -> None:
    assert Guard(nothing, LOOPBACK).allows(Headers(headers)) is at_home
    assert Guard(nothing).allows(Headers(headers)) is open_to_all


TWICE = {"host": b"localhost", "origin": b"http://localhost"}


@pytest.mark.parametrize("name", TWICE)
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    raw = [(b"host", b"localhost"), (name.encode(), TWICE[name]), (name.encode(), TWICE[name])]
    assert not Guard(nothing, LOOPBACK).allows(Headers(raw=raw))


PROXIED: dict[str, tuple[dict[str, str], bool]] = {
    "with its own host": ({"host": "robot.example", "origin": "https://robot.example"}, True),
    "with the panel's host": ({"host": OWN, "origin": "https://robot.example"}, True),
    "on its other port": ({"host": OWN, "origin": "http://robot.example:9000"}, True),
    "not encrypted": ({"host": OWN, "origin": "http://robot.example"}, False),
    "on a port that was not named": ({"host": OWN, "origin": "https://robot.example:444"}, False),
    "a name that ends like it": ({"host": OWN, "origin": "https://evilrobot.example"}, False),
    "a name below it": ({"host": OWN, "origin": "https://x.robot.example"}, False),
    "another site": ({"host": OWN, "origin": "https://evil.example"}, False),
    "another host": ({"host": "evil.example", "origin": "https://robot.example"}, False),
    "the panel itself": ({"host": OWN, "origin": f"http://{OWN}"}, True),
}


@pytest.mark.parametrize(("headers", "answered"), PROXIED.values(), ids=PROXIED)
def test_the_site_of_a_proxy_is_let_through_where_it_was_named(
    headers: dict[str, str], answered: bool
) -> None:
    origins = [read_origin(text) for text in ("https://Robot.example/", "http://robot.example:9000")]
    assert Guard(nothing, LOOPBACK, origins).allows(Headers(headers)) is answered


def test_a_request_of_the_proxys_site_reaches_streamlit_as_one_of_the_panels_own() -> None:
    seen: list[Headers] = []

    async def app(scope, receive, send) -> None:
        seen.append(Headers(scope=scope))

    guard = Guard(app, LOOPBACK, ["https://robot.example"])
    raw = [(b"host", OWN.encode()), (b"origin", b"https://robot.example"), (b"cookie", b"a=b")]
    asyncio.run(guard({"type": "websocket", "headers": raw}, None, None))
    assert dict(seen[0]) == {"host": OWN, "origin": f"http://{OWN}", "cookie": "a=b"}


@pytest.mark.parametrize(
    "text",
    ["robot.example", "ftp://robot.example", "https://", "https://a/b", "https://[::1", "https://a:b@c", "*"],
)
def test_an_origin_that_is_none_is_wrong_usage(text: str) -> None:
    with pytest.raises(SettingError, match="--origin must be"):
        read_origin(text)


def test_no_header_makes_an_error() -> None:
    """Also not the bytes between those that a person would think of."""
    chance = random.Random(8501)
    parts = [
        "localhost",
        "[",
        "]",
        "::1",
        ":",
        "8501",
        "/",
        "@",
        "?",
        "#",
        "\\",
        "%",
        "\x00",
        "é",
        "http://",
        " ",
        ",",
    ]
    guard = Guard(nothing, LOOPBACK, ["https://robot.example"])
    for _ in range(20_000):
        host, origin = ("".join(chance.choices(parts, k=chance.randrange(7))) for _ in range(2))
        raw = [(b"host", host.encode("latin-1")), (b"origin", origin.encode("latin-1"))]
        if guard.allows(Headers(raw=raw)):
            assert host.partition(":8")[0].strip(":") in ("localhost", "[::1]"), host
            assert origin == f"http://{host}", (host, origin)
