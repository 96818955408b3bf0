# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt fleet`: a server for a first try, and how a fleet stands."""

from __future__ import annotations

import argparse
from pathlib import Path

from vfrt_ros.cli.command import Command, add_command, add_json_option, add_node_options

EXAMPLES = {
    "serve": ("vfrt fleet serve", "vfrt fleet serve --host 192.168.1.7"),
    "status": ("vfrt fleet status", "vfrt fleet status --url nats://192.168.1.7:4222 --json"),
}
SUMMARIES = {
    "serve": "run a fleet's server on this machine, and say what to set on the robots",
    "status": "show a fleet's server, its robots, their newest operations, and who has not read all of them yet",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The sub-commands of `vfrt fleet` and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    serve, status = (
        add_command(actions, name, SUMMARIES[name], EXAMPLES[name]) for name in ("serve", "status")
    )
    serve.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="NAME",
        help="interface to listen on (default: only this machine; another one asks robots for a token, which is made)",
    )
    serve.add_argument("--port", type=int, default=4222, metavar="N", help="port (default: 4222)")
    serve.add_argument(
        "--store", type=Path, metavar="FOLDER", help="where it keeps its data (default: $ROS_HOME/vfrt/fleet)"
    )
    status.add_argument(
        "--url",
        default="",
        metavar="URL",
        help="the server (default: VFRT_FLEET_URL, else what the node has)",
    )
    status.add_argument(
        "--fleet", default="", metavar="NAME", help="the fleet (default: likewise, else default)"
    )
    status.add_argument(
        "--credentials", default="", metavar="FILE", help="as fleet_credentials (default: likewise)"
    )
    add_json_option(status)
    add_node_options(status)


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.action == "serve":
        from vfrt_ros.cli.fleet.serve import serve

        return serve(arguments)
    from vfrt_ros.cli.fleet.status import status

    return status(arguments)


COMMAND = Command(
    summary="share one memory among robots: run a server, see how the fleet stands",
    examples=("vfrt fleet serve", "vfrt fleet status"),
    configure=configure,
    run=run,
)
