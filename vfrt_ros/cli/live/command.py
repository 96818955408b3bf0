# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt live`: start camera and recognition, and show what is recognised."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from vfrt_ros.cli.command import OK, Command, CommandError, namespace_of
from vfrt_ros.client.domain import domain_id

if TYPE_CHECKING:
    from vfrt_ros.cli.watch.recognition_screen import RecognitionScreen

PANEL = "panel"


def configure(parser: argparse.ArgumentParser) -> None:
    """A flag for each launch argument, and those of `vfrt live` itself."""
    from vfrt_ros.bringup import ARGUMENTS

    for argument in ARGUMENTS:
        parser.add_argument(
            "--" + argument.name.replace("_", "-"),
            dest=argument.name,
            default="",
            choices=argument.choices or None,
            metavar=None if argument.choices else "VALUE",
            help=argument.description.replace("%", "%%"),
        )
    parser.add_argument(
        "--reg-label", metavar="LABEL", default="", help="register LABEL from the first frames"
    )
    parser.add_argument("--no-panel", action="store_true", help="start no panel for the browser")


def run(arguments: argparse.Namespace) -> int:
    """Start the nodes, show what they recognise, and end them all when one ends or a signal comes."""
    from vfrt_ros.bringup import ARGUMENTS, RECOGNITION, full_name, has_camera, plan
    from vfrt_ros.cli.live.node_processes import command_line
    from vfrt_ros.cli.watch.recognition_screen import RecognitionScreen

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))  # until there are nodes to end
    domain_id()
    namespace = namespace_of(arguments)
    given = {argument.name: getattr(arguments, argument.name) for argument in ARGUMENTS}
    starts = plan(given, has_camera=has_camera)
    commands = {start.node.name: command_line(start, namespace) for start in starts}
    if not arguments.no_panel:
        commands[PANEL] = panel_command(namespace)
    with RecognitionScreen(seconds=1.0) as screen:
        for text in next_steps(namespace, commands):
            screen.say(text)
        address = full_name(namespace, RECOGNITION.name)
        variables = {start.node.name: start.environment for start in starts}
        status, failure = _run_nodes(commands, variables, address, screen, arguments)
    if failure:
        raise CommandError(failure)
    return status


def panel_command(namespace: str) -> list[str]:
    """The panel as a process that leaves the processor to the nodes where there is not enough for all."""
    where = ["--namespace", namespace] if namespace else []
    return ["nice", sys.executable, "-m", "vfrt_ros.cli", PANEL, *where]


def next_steps(namespace: str, nodes: Collection[str]) -> list[str]:
    """What to type next, in another shell."""
    where = f" --namespace {namespace}" if namespace else ""
    started = " and ".join(name for name in nodes if name != PANEL)
    return [
        f"Starting {started}; Ctrl-C ends them. In another shell, after `source env.sh`:",
        f"  vfrt register astronaut{where}   teach what the camera shows now",
        f"  vfrt labels{where}               what it knows",
        f"  vfrt undo{where}                 take back the last change",
    ]


def _run_nodes(
    commands: dict[str, list[str]],
    variables: Mapping[str, Mapping[str, str]],
    address: str,
    screen: RecognitionScreen,
    arguments: argparse.Namespace,
) -> tuple[int, str]:
    """The exit status, and one text that says what went wrong, else an empty one."""
    from vfrt_ros.cli.live.node_processes import NodeProcesses
    from vfrt_ros.cli.live.view import LiveView

    view = LiveView(address, screen, arguments.reg_label)

    def show(name: str, text: str) -> None:
        view.say(f"{name:<11} | {text}", "" if name == PANEL else "dim")

    where = f" --namespace {arguments.namespace}" if arguments.namespace else ""
    processes = NodeProcesses(
        commands, show=show, started=view.start, extras=(PANEL,), variables=variables, where=where
    )
    status = processes.run()
    view.stop()
    if node := processes.ended_by_itself:
        lines = "\n".join(f"  {text}" for text in processes.last_lines(node))
        return status, f"The node {node} has ended by itself. Its last lines:\n{lines}"
    return status, view.failure


COMMAND = Command(
    summary="start camera, recognition and the panel, and show what is recognised",
    examples=(
        "vfrt live",
        "vfrt live --source 0 --init-labels 'cup,phone,apple'",
        "vfrt live --image /usb_cam/image_raw",
        "vfrt live --source demo --reg-label cat --no-panel",
        "vfrt live --source film.mp4 --params-file clip_vitb32 --log-level debug",
    ),
    configure=configure,
    run=run,
)
