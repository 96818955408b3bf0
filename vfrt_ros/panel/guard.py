# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Keeps pages of other sites, open in the same browser, from reaching the panel.

A web page elsewhere must not use the panel through the browser of a person who may. So a request that names
another site as its origin is refused, and on a panel that is bound to this machine so is a request for another
host's name (DNS rebinding). A proxy's site is let through where it was named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from vfrt_ros.core.types.errors import SettingError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"(?:\[(?P<number>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")
_USUAL_PORTS = {"http": 80, "https": 443}


class Guard:
    """ASGI middleware around the panel's server."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        """
        Args:
            hosts: Names by which the panel may be asked for; empty = any.
            origins: Sites of proxies whose pages are the panel's own, as `read_origin` gives them; they may ask
                for the panel by their own names too.
        """
        self._app = app
        self._origins = frozenset(origins)
        named = frozenset(hosts)
        self._hosts = named | {urlsplit(site).hostname or "" for site in self._origins} if named else named

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] in ("http", "websocket"):
            if not self.allows(Headers(scope=scope)):
                refuse = WebSocketClose(1008) if scope["type"] == "websocket" else _REFUSAL
                await refuse(scope, receive, send)
                return
            scope = _at_home(scope)
        await self._app(scope, receive, send)

    def allows(self, headers: Headers) -> bool:
        """Whether host and origin are the panel's own, or those of a proxy that was named."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None or len(origins) > 1:
            return False
        if self._hosts and (match["number"] or match["name"]).lower() not in self._hosts:
            return False
        return not origins or self._is_own(origins[0], hosts[0])

    def _is_own(self, origin: str, host: str) -> bool:
        try:
            return urlsplit(origin).netloc == host or _normal(origin) in self._origins
        except ValueError:
            return False


def read_origin(text: str) -> str:
    """The site that a person typed, as browsers write it.

    Raises:
        SettingError: It is not a scheme and a host, perhaps with a port.

    >>> read_origin("https://Robot.example:443/")
    'https://robot.example'
    """
    try:
        return _normal(text.strip().removesuffix("/"))
    except ValueError:
        raise SettingError(
            f"--origin must be http(s)://HOST[:PORT], the address that browsers show; got '{text}'."
        ) from None


def _normal(origin: str) -> str:
    """Scheme, host and port, without the port that goes without saying.

    Raises:
        ValueError: It is not that, or more than that.
    """
    parts = urlsplit(origin)
    netloc = parts.netloc.lower()
    if (
        parts.scheme not in _USUAL_PORTS
        or not _HOST.fullmatch(netloc)
        or origin[-len(netloc) :].lower() != netloc
    ):
        raise ValueError(origin)
    if parts.port == _USUAL_PORTS[parts.scheme]:
        netloc = netloc.rpartition(":")[0]
    return f"{parts.scheme}://{netloc}"


def _at_home(scope: Scope) -> Scope:
    """The request as one of the panel's own pages: Streamlit would ask a server elsewhere who a stranger is."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    if "origin" not in headers:
        return scope
    headers["origin"] = f"http://{headers['host']}"
    return {**scope, "headers": headers.raw}


_REFUSAL = PlainTextResponse("Refused: the panel answers its own pages only.\n", status_code=403)
