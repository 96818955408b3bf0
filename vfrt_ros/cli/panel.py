# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt panel`: the panel in the browser, a client of a running node."""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vfrt_ros.cli.command import OK, Command, CommandError, UsageError, add_node_options, node_address
from vfrt_ros.core.types.errors import SettingError

if TYPE_CHECKING:
    from vfrt_ros.panel.server import Access

HOST = "127.0.0.1"


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt panel`."""
    parser.add_argument(
        "--host",
        default=HOST,
        metavar="NAME",
        help="interface to open (default: only this machine; 0.0.0.0 = every network, which asks for a token)",
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help="port (default: 8501, or the next free one; 0 = any free one)"
    )
    parser.add_argument(
        "--token",
        metavar="TEXT",
        help="what a browser must know (default: VFRT_PANEL_TOKEN, which no list of processes shows; else one is made "
        "and printed where --host opens a network)",
    )
    parser.add_argument(
        "--origin",
        dest="origins",
        action="append",
        default=[],
        metavar="URL",
        help="address of a proxy before the panel, like https://robot.example; may be given several times",
    )
    parser.add_argument(
        "--ice-server",
        dest="ice_servers",
        action="append",
        default=[],
        metavar="URL",
        help="stun:HOST or turn:USER:SECRET@HOST, for a browser's camera in another network (default: none)",
    )
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve the panel until Ctrl-C."""
    if arguments.port is not None and not 0 <= arguments.port <= 65535:
        raise UsageError(f"--port must be in [0, 65535]; got {arguments.port}.")
    address = node_address(arguments)
    if importlib.util.find_spec("streamlit") is None:
        raise CommandError("The Python package streamlit is missing: `make setup`, or pip install streamlit.")
    from vfrt_ros.panel.ice_server import read_ice_server
    from vfrt_ros.panel.panel_client import PanelClient
    from vfrt_ros.panel.server import open_port, serve, url
    from vfrt_ros.panel.shared_client import share
    from vfrt_ros.panel.token_gate import with_token

    access = read_access(arguments, os.environ)
    with _as_usage():
        servers = [read_ice_server(text) for text in arguments.ice_servers]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))
    with open_port(arguments.host, arguments.port) as opened, PanelClient(address, servers) as client:
        share(client)
        where = with_token(url(arguments.host, opened.getsockname()[1]), access.token)
        serve(opened, access, lambda: print(f"The panel is at {where}", flush=True))
    return OK


def read_access(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Access:
    """Who may use the panel: on this machine anybody, from others whoever knows a token.

    Raises:
        UsageError: an origin or the token cannot be used.
    """
    from vfrt_ros.panel.guard import LOOPBACK, read_origin
    from vfrt_ros.panel.server import Access
    from vfrt_ros.panel.token_gate import VARIABLE, check_token, make_token

    token = arguments.token if arguments.token is not None else environment.get(VARIABLE) or None
    with _as_usage():
        origins = tuple(read_origin(text) for text in arguments.origins)
        if token is not None:
            return Access(arguments.host, check_token(token), origins)
    return Access(arguments.host, "" if arguments.host in LOOPBACK else make_token(), origins)


@contextmanager
def _as_usage() -> Iterator[None]:
    """Turn the panel's refusal of an option into wrong usage of this command."""
    try:
        yield
    except SettingError as error:
        raise UsageError(str(error)) from error


COMMAND = Command(
    summary="show the picture, teach and set everything in a browser",
    examples=(
        "vfrt panel",
        "vfrt panel --namespace robot1 --port 8600",
        "vfrt panel --host 0.0.0.0   # for a phone or a laptop; prints an address with a token in it",
        "vfrt panel --origin https://robot.example   # behind a proxy of that name",
    ),
    configure=configure,
    run=run,
)
