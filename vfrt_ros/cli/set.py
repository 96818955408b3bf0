# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt set`: change a parameter of a running node."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.command import Command, CommandError, add_json_option, add_node_options, node_address
from vfrt_ros.core.config.parameters import ENVIRONMENT_PREFIX
from vfrt_ros.core.types.errors import nearest

if TYPE_CHECKING:
    from vfrt_ros.client.node_client import NodeClient


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt set`."""
    parser.add_argument("name", metavar="NAME", help="parameter, like alpha_fusion")
    parser.add_argument("value", metavar="VALUE", help="its new value, in YAML: 0.5, true, late, [a, b]")
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Set the parameter through the node's own services, so that the node decides."""
    address = node_address(arguments)
    from vfrt_ros.cli.answer import to_json
    from vfrt_ros.client.node_client import NodeClient

    with NodeClient(address) as client:
        before, after = change(client, arguments.name, arguments.value)
    if arguments.json:
        print(to_json({"ok": True, "name": arguments.name, "value": after, "before": before}))
    else:
        print(f"{arguments.name} = {show(after)} (was {show(before)})")
    return 0


def change(client: NodeClient, name: str, text: str) -> tuple[Any, Any]:
    """Set a parameter of the client's node.

    Returns:
        Its value before and after.

    Raises:
        CommandError: No such parameter, or the node refused the value; its reason is the text.
    """
    from rcl_interfaces.srv import DescribeParameters, SetParameters
    from rclpy.parameter import Parameter

    from vfrt_ros.cli.typed_value import typed_value

    before = current(client, name)
    described = client.call(DescribeParameters, DescribeParameters.Request(names=[name])).descriptors
    if described[0].read_only:
        raise CommandError(f"'{name}' is read only at the start of {client.address}: {at_start(name, text)}")
    parameter = Parameter(name, before.type_, typed_value(name, before.type_, text))
    request = SetParameters.Request(parameters=[parameter.to_parameter_msg()])
    result = client.call(SetParameters, request).results[0]
    if not result.successful:
        raise CommandError(result.reason or f"{client.address} refused {name} = {text} without a reason.")
    return plain(before.value), plain(current(client, name).value)


def at_start(name: str, text: str) -> str:
    """How to start the nodes with a value that cannot be changed later."""
    return f"end it, then {ENVIRONMENT_PREFIX}{name.upper()}={shlex.quote(text)} vfrt live"


def current(client: NodeClient, name: str) -> Any:
    """The parameter as the node has it now, an `rclpy.parameter.Parameter`.

    Raises:
        CommandError: It has none of this name; names the nearest.
    """
    from rcl_interfaces.msg import Parameter as ParameterMessage
    from rcl_interfaces.srv import GetParameters, ListParameters
    from rclpy.parameter import Parameter

    known = client.call(ListParameters, ListParameters.Request()).result.names
    if name not in known:
        raise CommandError(f"{client.address} has no parameter '{name}'.{nearest(name, known)}")
    value = client.call(GetParameters, GetParameters.Request(names=[name])).values[0]
    return Parameter.from_parameter_msg(ParameterMessage(name=name, value=value))


def plain(value: Any) -> Any:
    """A parameter's value in Python's own types."""
    return list(value) if hasattr(value, "typecode") or isinstance(value, tuple) else value


def show(value: Any) -> str:
    """A value as it would be typed."""
    import yaml

    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True).removesuffix("...\n").strip()


COMMAND = Command(
    summary="change a parameter of the running node, in force on the next frame",
    examples=(
        "vfrt set alpha_fusion 0.5",
        "vfrt set open_set_threshold 0.2",
        'vfrt set prompt_templates \'["a photo of a {label}", "a drawing of a {label}"]\'',
    ),
    configure=configure,
    run=run,
)
