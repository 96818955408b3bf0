# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt fleet serve`: this process becomes the server."""

from __future__ import annotations

import argparse
import os
import secrets
import socket
import subprocess
from pathlib import Path

from vfrt_ros.cli.command import CommandError, UsageError
from vfrt_ros.core.config.settings import state_folder
from vfrt_ros.core.types.errors import words_of
from vfrt_ros.fleet.server import ServerConfig, server_program
from vfrt_ros.fleet.settings import is_loopback

_EVERYWHERE = ("0.0.0.0", "::")


def serve(arguments: argparse.Namespace) -> int:
    """Write the server's configuration, say what robots need, and become the server.

    Raises:
        ServerMissingError: Its program is not on this machine.
        UsageError: It cannot listen there.
        CommandError: Its folder cannot be written.
    """
    program = server_program()
    store: Path = (arguments.store or state_folder() / "fleet").absolute()
    _check_place(arguments.host, arguments.port)
    try:
        store.mkdir(parents=True, exist_ok=True)
        token = "" if is_loopback(f"nats://{_bracketed(arguments.host)}") else _token(store / "token")
        config = ServerConfig(host=arguments.host, port=arguments.port, store=store, token=token)
        file = store / "server.conf"
        _write_secret(file, config.text())
    except OSError as error:
        raise CommandError(f"Cannot write {error.filename or store}: {words_of(error)}.") from error
    tried = subprocess.run([program, "-t", "-c", file], capture_output=True, text=True)
    if tried.returncode:
        raise CommandError(f"{program} does not take {file}: {tried.stderr.strip().splitlines()[-1:]}")
    log = store / "server.log"
    print("\n".join(_advice(arguments.host, arguments.port, store, token)), flush=True)
    os.execv(program, [program.name, "-c", str(file), "-l", str(log)])


def _check_place(host: str, port: int) -> None:
    if not 0 < port < 65536:
        raise UsageError(f"--port must be 1 to 65535; got {port}.")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"Nothing can listen on {host} port {port}: {words_of(error)}; choose others with --host, --port."
        ) from error


def _token(file: Path) -> str:
    """The token of a server that is open to other machines, made once."""
    if not file.exists():
        _write_secret(file, secrets.token_urlsafe(24) + "\n")
    return file.read_text(encoding="utf-8").strip()


def _write_secret(file: Path, text: str) -> None:
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as opened:
        opened.write(text)


def _advice(host: str, port: int, store: Path, token: str) -> list[str]:
    url = f"nats://{_bracketed(_reachable(host))}:{port}"
    lines = [
        f"A fleet's server listens on {host} port {port}; data and log are in {store}. Ctrl-C ends it.",
        "Each robot needs:",
    ]
    if not token:
        return [
            *lines,
            f"  VFRT_FLEET_URL={url} vfrt live",
            "Robots on other machines: --host opens it to them.",
        ]
    return [
        *lines,
        f"  VFRT_FLEET_URL={url} VFRT_FLEET_CREDENTIALS=token vfrt live",
        f"where `token` is a copy of {store / 'token'}.",
        "The connection is not encrypted: on a network that others share, set up TLS (docs/fleet.md).",
    ]


def _reachable(host: str) -> str:
    """The address by which others reach this machine."""
    if host not in _EVERYWHERE:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737); nothing is sent
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
