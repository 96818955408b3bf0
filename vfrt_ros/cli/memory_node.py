"""The running node that has a memory open, and its memory as a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from vfrt_ros.cli.command import CommandError, node_address
from vfrt_ros.core.errors import MemoryInUseError
from vfrt_ros.core.memory.bundle import Bundle, unpack_bundle
from vfrt_ros.core.memory.location import memory_file

SECONDS = 300.0
"""How long a memory may be on its way."""
MEMORY_INFO_SECONDS = 5.0


class MemoryNode:
    """Exports and imports through a node's services.

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
            CommandError: The node is not there, is another file's, or refuses.
        """
        answer = self._call("ExportMemory")
        return unpack_bundle(answer.data.tobytes(), f"What {self.address} sent")

    def import_(self, data: bytes, name: str) -> Any:
        """Add a file to the node's memory; the answer of the service.

        Raises:
            CommandError: As for `export`.
        """
        from array import array

        return self._call("ImportMemory", name=name, data=array("B", data))

    def _call(self, service: str, **fields: Any) -> Any:
        try:
            from vfrt_msgs import srv
            from vfrt_ros.cli.answer import code_name
            from vfrt_ros.cli.node_client import NodeClient
        except ModuleNotFoundError:
            if self._in_use is not None:
                raise self._in_use from None  # without ROS there is no node to ask
            raise
        kind = getattr(srv, service)
        with NodeClient(self.address) as client:
            if self._path is not None:
                self._check_file(client, self._path)
            answer = client.call(kind, kind.Request(**fields), seconds=SECONDS)
        if answer.code != answer.OK:
            raise CommandError(f"{answer.message} [{code_name(answer)}]")
        return answer

    def _check_file(self, client: Any, path: Path) -> None:
        """Make sure that the node has this file open and no other."""
        try:
            own = _file_of(client)
        except CommandError as error:
            raise CommandError(f"{self._in_use} It could not be asked: {error}") from error
        if own is None or own.resolve() != path.resolve():
            raise CommandError(
                f"{self._in_use} It is not {self.address}, whose memory is {own or 'in RAM only'}: try --node."
            )


def _file_of(client: Any) -> Path | None:
    """The file that a node has its memory in, by its parameter and its encoder."""
    from vfrt_msgs.msg import MemoryInfo
    from vfrt_ros.cli.set import current
    from vfrt_ros.nodes import qos

    infos: list[Any] = []
    client.subscribe(MemoryInfo, infos.append, qos.memory_info())
    if not client.spin(lambda: bool(infos), MEMORY_INFO_SECONDS):
        raise CommandError(f"{client.address} tells nothing of its memory: is it active?")
    return memory_file(str(current(client, "memory_path").value), infos[-1].encoder_id)
