# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt live`: start camera and recognition, and show what is recognised."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from vfrt_ros.cli.command import OK, Command, CommandError, UsageError, check_backbone_option, namespace_of
from vfrt_ros.client.domain import domain_id
from vfrt_ros.core.types.errors import RequestError, SettingError

if TYPE_CHECKING:
    from vfrt_ros.cli.watch.recognition_screen import RecognitionScreen

PANEL = "panel"
CAMERA_FLAG = "camera"
"""The argument of that name takes true or false; the option also takes NAME=SOURCE, again and again."""


def configure(parser: argparse.ArgumentParser) -> None:
    """A flag for each launch argument, and those of `vfrt live` itself."""
    from vfrt_ros.launch_arguments import ARGUMENTS

    for argument in ARGUMENTS:
        if argument.name == CAMERA_FLAG:
            continue
        parser.add_argument(
            "--" + argument.name.replace("_", "-"),
            dest=argument.name,
            default="",
            choices=argument.choices or None,
            metavar=None if argument.choices else "VALUE",
            help=argument.description.replace("%", "%%"),
        )
    parser.add_argument(
        f"--{CAMERA_FLAG}",
        action="append",
        default=[],
        metavar="NAME=SOURCE",
        help="one of several cameras; say it for each. Or true or false: whether to start our own one camera node",
    )
    parser.add_argument(
        "--reg-label", metavar="LABEL", default="", help="register LABEL from the first frames"
    )
    parser.add_argument("--no-panel", action="store_true", help="start no panel for the browser")


def run(arguments: argparse.Namespace) -> int:
    """Start the nodes, show what they recognise, and end them all when one ends or a signal comes."""
    from vfrt_ros.bringup import full_name, has_camera, plan
    from vfrt_ros.cli.live.node_processes import command_line
    from vfrt_ros.cli.watch.recognition_screen import RecognitionScreen
    from vfrt_ros.launch_arguments import ARGUMENTS, RECOGNITION
    from vfrt_ros.named_cameras import read_named_cameras
    from vfrt_ros.parameter_file import ParameterFileError

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))  # until there are nodes to end
    domain_id()
    namespace = namespace_of(arguments)
    check_backbone_option(arguments.backbone or "auto")
    _check_label(arguments.reg_label)
    given = {argument.name: getattr(arguments, argument.name) for argument in ARGUMENTS}
    try:
        given |= _cameras(arguments)
        starts = plan(given, has_camera=has_camera)
    except ParameterFileError:
        raise
    except SettingError as error:
        raise UsageError(str(error)) from error
    commands = {start.label: command_line(start, namespace) for start in starts}
    cameras = list(read_named_cameras(given["cameras"]))
    if not arguments.no_panel:
        commands[PANEL] = panel_command(namespace)
    with RecognitionScreen(seconds=1.0) as screen:
        for text in next_steps(namespace, commands, cameras):
            screen.say(text)
        address = full_name(namespace, RECOGNITION.name)
        variables = {start.label: start.environment for start in starts}
        others = tuple(start.label for start in starts if start.namespace)
        status, failure = _run_nodes(
            commands, variables, address, screen, arguments, others, (cameras or [""])[0]
        )
    if failure:
        raise CommandError(failure)
    return status


def _check_label(label: str) -> None:
    """Refuse a `--reg-label` that the node would refuse after its first frames.

    Raises:
        UsageError: It cannot be a label.
    """
    from vfrt_ros.core.types.label import check_label

    try:
        if label:
            check_label(label)
    except RequestError as error:
        raise UsageError(f"--reg-label: {error}") from error


def _cameras(arguments: argparse.Namespace) -> dict[str, str]:
    """The launch arguments `camera` and `cameras`, whichever options gave them.

    Raises:
        UsageError: They contradict each other.
    """
    from vfrt_ros.named_cameras import split_flags

    camera, cameras = split_flags(arguments.camera)
    if cameras and arguments.cameras:
        raise UsageError("--camera and --cameras both name cameras: use one of them.")
    return {"camera": camera, "cameras": cameras or arguments.cameras}


def panel_command(namespace: str) -> list[str]:
    """The panel as a process that leaves the processor to the nodes where there is not enough for all."""
    where = ["--namespace", namespace] if namespace else []
    return ["nice", sys.executable, "-m", "vfrt_ros.cli", PANEL, *where]


def next_steps(namespace: str, nodes: Collection[str], cameras: Sequence[str] = ()) -> list[str]:
    """The commands to type next, in another shell."""
    where = f" --namespace {namespace}" if namespace else ""
    *others, last = (name for name in nodes if name != PANEL)
    started = f"{', '.join(others)} and {last}" if others else last
    which, who = (f" --camera {cameras[-1]}", cameras[-1]) if cameras else ("", "the camera")
    return [
        f"Starting {started}; Ctrl-C ends them. In another shell, after `source env.sh`:",
        f"  vfrt register astronaut{which}{where}   teach what {who} shows now",
        f"  vfrt labels{where}               what it knows",
        f"  vfrt undo{where}                 take back the last change",
    ]


def _run_nodes(
    commands: dict[str, list[str]],
    variables: Mapping[str, Mapping[str, str]],
    address: str,
    screen: RecognitionScreen,
    arguments: argparse.Namespace,
    others: Sequence[str],
    camera: str,
) -> tuple[int, str]:
    """The exit status, and one text that says what went wrong, else an empty one.

    Args:
        others: The nodes of several cameras: the end of one ends nothing else.
        camera: The first of several; empty = the only one.
    """
    from vfrt_ros.cli.live.node_processes import NodeProcesses
    from vfrt_ros.cli.live.view import LiveView

    view = LiveView(address, screen, arguments.reg_label, camera)

    def show(name: str, text: str) -> None:
        view.say(f"{name:<11} | {text}", "" if name == PANEL else "dim")

    where = f" --namespace {arguments.namespace}" if arguments.namespace else ""
    processes = NodeProcesses(
        commands,
        show=show,
        started=view.start,
        extras=(PANEL, *others),
        again={PANEL: f"vfrt {PANEL}{where}"},
        variables=variables,
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
        "vfrt live --camera front=0 --camera left=rtsp://host/live --camera door=demo",
        "vfrt live --source demo --reg-label cat --no-panel",
        "vfrt live --source film.mp4 --params-file clip_vitb32 --log-level debug",
    ),
    configure=configure,
    run=run,
)
