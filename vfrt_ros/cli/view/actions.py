# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Requests that `vfrt view` sends the node for a key, and the answers as lines for the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import CommandError
from vfrt_ros.cli.region_options import message_of_box
from vfrt_ros.cli.split_prompts import split_prompts
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
    if wish.box is not None:
        return _register(client, wish.text, camera=camera, region=message_of_box(wish.box))
    about = {"camera": camera} if wish.act in _OF_A_CAMERA else {}
    return _DOING[wish.act](client, wish.text, **about)


def _register(client: NodeClient, label: str, *, camera: str, **part: Any) -> list[str]:
    response = _ask(client, "Register", label=label, camera=camera, **part)
    return [response.message, *left_out(response.reason_codes)]


def _not_this(client: NodeClient, label: str, *, camera: str) -> list[str]:
    response = _ask(client, "Register", label=label, negative=True, camera=camera)
    return [response.message, *left_out(response.reason_codes)]


def _prompts(client: NodeClient, text: str) -> list[str]:
    labels, prompts = split_prompts(read_list(text))
    if not labels:
        raise CommandError("Type labels, comma separated: cat, dog")
    return [_ask(client, "SetPrompts", labels=labels, prompts=prompts).message]


def _undo(client: NodeClient, _: str) -> list[str]:
    return [_ask(client, "Undo").message]


def _redo(client: NodeClient, _: str) -> list[str]:
    return [_ask(client, "Redo").message]


def _snapshot(client: NodeClient, _: str, *, camera: str) -> list[str]:
    return [f"Snapshot: {_ask(client, 'Snapshot', camera=camera).path}"]


def _open_set(client: NodeClient, _: str) -> list[str]:
    from vfrt_ros.cli.set import change, current

    wanted = "false" if current(client, OPEN_SET).value else "true"
    _, now = change(client, OPEN_SET, wanted)
    return ["Open set on: what fits nothing is unknown." if now else "Open set off: always the best label."]


_OF_A_CAMERA = frozenset({Act.REGISTER, Act.NOT_THIS, Act.SNAPSHOT})
_DOING: dict[Act, Callable[..., list[str]]] = {
    Act.REGISTER: _register,
    Act.NOT_THIS: _not_this,
    Act.PROMPTS: _prompts,
    Act.UNDO: _undo,
    Act.REDO: _redo,
    Act.SNAPSHOT: _snapshot,
    Act.OPEN_SET: _open_set,
}


def _ask(client: NodeClient, service: str, **fields: Any) -> Any:
    from vfrt_msgs import srv

    kind = getattr(srv, service)
    response = client.call(kind, kind.Request(**fields))
    if response.code != response.OK:
        raise CommandError(response.message)
    return response
