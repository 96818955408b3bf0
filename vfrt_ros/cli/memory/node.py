# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The running node that has a memory open, and its memory as a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import CommandError, node_address
from vfrt_ros.client.errors import ClientError
from vfrt_ros.core.memory.bundle import Bundle, unpack_bundle
from vfrt_ros.core.memory.location import memory_file
from vfrt_ros.core.types.errors import MemoryInUseError

if TYPE_CHECKING:
    from vfrt_ros.client.node_client import NodeClient

SECONDS = 300.0
"""How long a memory may be on its way."""
MEMORY_INFO_SECONDS = 5.0


class MemoryNode:
    """Looks at, copies, exports and imports through a node's services.

    Args:
        arguments: The command's, with `--node` and `--namespace`.
        path: The file that is meant; the node must be the one that has it. None = whatever the node has.
        in_use: The error that said that somebody has the file open.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        path: Path | None = None,
        in_use: MemoryInUseError | None = None,
    ) -> None:
        self.address = node_address(arguments)
        self._path = path
        self._in_use = in_use

    def export(self) -> Bundle:
        """All that the node's memory can share.

        Raises:
            ClientError: the node cannot be spoken to.
            CommandError: the node has another file open, or refuses.
        """
        answer = self._call("ExportMemory")
        return unpack_bundle(answer.data.tobytes(), f"What {self.address} sent")

    def backup(self) -> bytes:
        """A copy of the node's own file, history included.

        Raises:
            ClientError, CommandError: as for `export`.
        """
        return bytes(self._call("ExportMemory", history=True).data.tobytes())

    def info(self) -> tuple[Path | None, Any]:
        """Where the node has its memory (None = in RAM only), and its vfrt_msgs/MemoryInfo.

        Raises:
            ClientError, CommandError: as for `export`.
        """
        with self._client() as client:
            return self._inform(client)

    def import_(self, data: bytes, name: str) -> Any:
        """Add a file to the node's memory; the answer of the service.

        Raises:
            ClientError, CommandError: as for `export`.
        """
        from array import array

        return self._call("ImportMemory", name=name, data=array("B", data))

    def _call(self, service: str, **fields: Any) -> Any:
        with self._client() as client:
            from vfrt_msgs import srv
            from vfrt_ros.cli.answer import code_name

            if self._path is not None:
                self._inform(client)
            kind = getattr(srv, service)
            answer = client.call(kind, kind.Request(**fields), seconds=SECONDS)
        if answer.code != answer.OK:
            raise CommandError(f"{self.address}: {answer.message} [{code_name(answer)}]")
        return answer

    def _client(self) -> NodeClient:
        try:
            from vfrt_ros.client.node_client import NodeClient
        except ModuleNotFoundError:
            if self._in_use is not None:
                raise self._in_use from None  # without ROS there is no node to ask
            raise
        return NodeClient(self.address)

    def _inform(self, client: NodeClient) -> tuple[Path | None, Any]:
        """As `info`; makes sure that the node has the file that is meant open, and no other."""
        try:
            own, told = _file_of(client)
        except (ClientError, CommandError) as error:
            if self._in_use is None:
                raise
            raise CommandError(f"{self._in_use} It could not be asked: {error}") from error
        if self._path is not None and (own is None or own.resolve() != self._path.resolve()):
            raise CommandError(
                f"{self._in_use} It is not {self.address}, whose memory is {own or 'in RAM only'}: try --node."
            )
        return own, told


def _file_of(client: NodeClient) -> tuple[Path | None, Any]:
    """The file that a node has its memory in, by its parameter and its encoder, and its MemoryInfo."""
    from vfrt_msgs.msg import MemoryInfo
    from vfrt_ros.cli.set import current
    from vfrt_ros.nodes import qos

    infos: list[Any] = []
    client.subscribe(MemoryInfo, infos.append, qos.memory_info())
    if not client.spin(lambda: bool(infos), MEMORY_INFO_SECONDS):
        raise CommandError(f"{client.address} tells nothing of its memory: is it active?")
    return memory_file(str(current(client, "memory_path").value), infos[-1].encoder_id), infos[-1]
