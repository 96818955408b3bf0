# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Serves the panel: Streamlit's pages and the live picture, at one address."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected

from vfrt_ros.core.types.errors import VfrtError, words_of

PORT = 8501
PAGE = Path(__file__).with_name("page.py")
_MORE_PORTS = 20
_BACKLOG = 100
_END_SECONDS = 1
_SWITCH_SECONDS = 0.0005

SETTINGS = {
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "server.fileWatcherType": "none",
    "server.headless": True,
    "logger.level": "warning",
    # A whole garbage collection after each of a page's runs, several a second, would stop the pictures meanwhile.
    "runner.postScriptGC": False,
    "theme.light.primaryColor": "#2563c9",
    "theme.dark.primaryColor": "#3a7be0",
}
"""Streamlit's own settings; they win over a config.toml of the person or of the folder."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use the panel.

    Attributes:
        host: The interface that it is bound to.
        token: What a browser has to know; empty = nothing.
        origins: Sites of proxies whose pages are the panel's own.
    """

    host: str
    token: str = ""
    origins: tuple[str, ...] = ()


class PortError(VfrtError):
    """The host is not one of this machine, or the port is taken."""


def open_port(host: str, port: int | None) -> socket.socket:
    """A listening socket.

    Args:
        host: Name or address of an interface of this machine.
        port: 0 = any that is free; None = `PORT`, or the next one that is free.

    Raises:
        PortError: the host is not one of this machine, or the port is taken.
    """
    wanted = [*range(PORT, PORT + _MORE_PORTS), 0] if port is None else [port]
    for number in wanted:
        try:
            return _bind(host, number)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and number != wanted[-1]:
                continue
            if error.errno == errno.EADDRINUSE:
                raise PortError(
                    f"Port {number} is in use by another program: choose another --port."
                ) from None
            raise PortError(f"Cannot open {host}, port {number}: {words_of(error)}.") from None
    raise AssertionError("the last port raises or returns")


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def url(host: str, port: int) -> str:
    """Where a browser finds the panel: on this machine, or by this machine's name from others.

    >>> url("127.0.0.1", 8501)
    'http://localhost:8501'
    """
    from vfrt_ros.panel.guard import LOOPBACK

    if host in LOOPBACK:
        return f"http://localhost:{port}"
    name = socket.gethostname() if host in ("0.0.0.0", "::", "") else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def serve(opened: socket.socket, access: Access, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        opened: From `open_port`.
        access: Who is served.
        ready: Called when browsers can come.
    """
    import uvicorn

    from vfrt_ros.panel.shared_client import shared_client

    class Server(uvicorn.Server):
        """Ends the pictures first, which would go on for ever.

        It is told once: the terminal's Ctrl-C and a launch that passes it on make two, and uvicorn would raise
        each of them again at its end.
        """

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if self.should_exit:
                return
            super().handle_exit(sig, frame)
            shared_client().end_pictures()

    # A picture passes three threads; with Python's own 5 ms each would wait for the pages' script.
    sys.setswitchinterval(_SWITCH_SECONDS)
    config = uvicorn.Config(
        application(access, ready),
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        timeout_graceful_shutdown=_END_SECONDS,
    )
    Server(config).run(sockets=[opened])


def application(access: Access, ready: Callable[[], None]) -> Any:
    """The ASGI application: Streamlit's, with the live picture before it, behind the guard and the gate."""
    import streamlit
    from starlette.middleware import Middleware
    from streamlit.web.bootstrap import load_config_options

    from vfrt_ros.panel.guard import LOOPBACK, Guard
    from vfrt_ros.panel.overlay_route import OverlayRoute
    from vfrt_ros.panel.token_gate import TokenGate

    @contextlib.asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        ready()
        yield

    load_config_options(SETTINGS)
    hosts = LOOPBACK if access.host in LOOPBACK else ()
    gate = [Middleware(TokenGate, token=access.token)] if access.token else []
    return streamlit.App(
        PAGE,
        lifespan=lifespan,
        middleware=[
            Middleware(Guard, hosts=hosts, origins=access.origins),
            *gate,
            Middleware(Farewell),
            Middleware(OverlayRoute),
        ],
    )


class Farewell:
    """ASGI middleware: Streamlit 1.67 lets the end of a connection out as an error, which would fill the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        with contextlib.suppress(WebSocketDisconnected):
            await self._app(scope, receive, send)
