# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The NATS client, which says nothing in the clear where TLS was asked for."""

from __future__ import annotations

import asyncio
from typing import Any

from nats.aio.client import Client
from nats.errors import Error

from vfrt_ros.fleet.settings import FleetSettings


class NoTlsError(Error):
    """The server offers no TLS where it was asked for."""


class FleetClient(Client):
    """`nats-py`'s client, which would go on unencrypted, credentials and all, with a server that offers no TLS.

    So somebody between robot and server could take the encryption out by a word.
    """

    def _connect_command(self) -> bytes:
        """The first command, sent in answer to what the server says of itself."""
        if "tls" in self.options and not self._is_encrypted():
            raise NoTlsError("the server offers no TLS: nothing was sent")
        return super()._connect_command()

    def _is_encrypted(self) -> bool:
        scheme = self._current_server.uri.scheme if self._current_server is not None else ""
        return scheme == "wss" or bool(self._server_info.get("tls_required"))

    async def reach(self, settings: FleetSettings, name: str, seconds: float, **options: Any) -> None:
        """Connect to any of a fleet's servers, once: who wants to try again begins anew.

        Args:
            settings: Where the servers are, and how to get in.
            name: Of this connection at the server.
            seconds: To wait at most.
            options: More of `Client.connect`.

        Raises:
            nats.errors.Error, OSError, TimeoutError: None of them can be had.
        """
        connecting = self.connect(
            list(settings.urls),
            name=name,
            inbox_prefix=f"_INBOX.{settings.robot_name}",
            allow_reconnect=False,
            max_reconnect_attempts=1,
            reconnect_time_wait=0.1,  # type: ignore[arg-type]
            connect_timeout=2,
            **options,
            **settings.options,
        )
        await asyncio.wait_for(connecting, seconds)

    @property
    def cluster(self) -> str:
        """The name of the cluster that the server stands in; empty = it stands alone."""
        return str(self._server_info.get("cluster", ""))

    @property
    def version(self) -> str:
        """The server's version."""
        return str(self._server_info.get("version", ""))
