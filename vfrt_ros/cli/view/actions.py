# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Requests that `vfrt view` sends the node for a key, and the answers as lines for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import CommandError
from vfrt_ros.cli.typed import message_of_box, split_prompts
from vfrt_ros.cli.view.keys import Act, Wish
from vfrt_ros.core.config.read_list import read_list
from vfrt_ros.core.types.rejection import left_out

if TYPE_CHECKING:
    from vfrt_ros.client.node_client import NodeClient

OPEN_SET = "open_set"


def carry_out(client: NodeClient, wish: Wish, camera: str = "") -> list[str]:
    """Do what a key asks for.

    Args:
        client: Of the node.
        wish: What the key asks for.
        camera: Of several, whose frames are meant; empty = the only one.

    Returns:
        The node's answer, a sentence a line.

    Raises:
        CommandError: The node is not there, refused, or what was typed makes no sense.
    """
    match wish.act:
        case Act.REGISTER | Act.NOT_THIS:
            part = {"region": message_of_box(wish.box)} if wish.box else {}
            negative = wish.act is Act.NOT_THIS
            told = _ask(client, "Register", label=wish.text, camera=camera, negative=negative, **part)
            return [told.message, *left_out(told.reason_codes)]
        case Act.PROMPTS:
            labels, prompts = split_prompts(read_list(wish.text))
            if not labels:
                raise CommandError("Type labels, comma separated: cat, dog")
            return [_ask(client, "SetPrompts", labels=labels, prompts=prompts).message]
        case Act.UNDO:
            return [_ask(client, "Undo").message]
        case Act.REDO:
            return [_ask(client, "Redo").message]
        case Act.SNAPSHOT:
            return [f"Snapshot: {_ask(client, 'Snapshot', camera=camera).path}"]
        case Act.OPEN_SET:
            return [_open_set(client)]
    raise AssertionError(f"{wish.act} is nothing that a node does.")


def _open_set(client: NodeClient) -> str:
    from vfrt_ros.cli.set import change, current

    wanted = "false" if current(client, OPEN_SET).value else "true"
    _, now = change(client, OPEN_SET, wanted)
    return "Open set on: what fits nothing is unknown." if now else "Open set off: always the best label."


def _ask(client: NodeClient, service: str, **fields: Any) -> Any:
    from vfrt_msgs import srv

    kind = getattr(srv, service)
    response = client.call(kind, kind.Request(**fields))
    if response.code != response.OK:
        raise CommandError(response.message)
    return response
