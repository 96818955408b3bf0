# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt view`: a window with the overlay of a running node, taught by keys."""

from __future__ import annotations

import argparse

from vfrt_ros.cli.command import OK, Command, add_camera_option, add_node_options, node_address


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt view`."""
    parser.add_argument("--reg-label", metavar="LABEL", default="", help="what the key r registers, unasked")
    parser.add_argument(
        "--compressed",
        action="store_true",
        help="hear overlay/compressed, for a node at the other end of a network",
    )
    add_camera_option(parser, "which is shown and taught (default: the first)")
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the node's overlay until the person quits or closes the window."""
    address = node_address(arguments)
    from vfrt_ros.cli.view.link import ViewLink
    from vfrt_ros.cli.view.loop import ViewLoop
    from vfrt_ros.cli.view.window import ViewWindow
    from vfrt_ros.client.domain import domain_id

    domain_id()
    window = ViewWindow(f"vfrt view {address} {arguments.camera}".rstrip())
    link = ViewLink(address, compressed=arguments.compressed, camera=arguments.camera)
    link.start()
    try:
        ViewLoop(window, link, arguments.reg_label).run()
    finally:
        link.stop()
        window.close()
    return OK


COMMAND = Command(
    summary="show the overlay in a window, and teach by its keys",
    examples=(
        "vfrt view",
        "vfrt view --reg-label cup",
        "vfrt view --namespace robot1 --compressed",
        "vfrt view --camera left",
    ),
    configure=configure,
    run=run,
)
