# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The commands that call one service of the recognition node and show its answer, as one table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vfrt_ros.cli.answer import aligned, ask, message_of
from vfrt_ros.cli.command import Command, UsageError, add_json_option, add_node_options
from vfrt_ros.cli.typed import split_prompts, track_of
from vfrt_ros.core.types.operation import ExampleId

Request = tuple[str, dict[str, Any]]


class Argument:
    """An argument of a command, as argparse takes it."""

    def __init__(self, *names: str, **options: Any) -> None:
        self.names = names
        self.options = options


def camera_argument(what: str) -> Argument:
    """`--camera`, as `add_camera_option` has it."""
    return Argument("--camera", metavar="NAME", default="", help=f"of several cameras: {what}")


@dataclass(frozen=True, kw_only=True)
class ServiceCommand:
    """A row of the table.

    Attributes:
        summary, examples: As in `Command`.
        service: Name of the service type in `vfrt_msgs.srv`.
        arguments: The command's own; `--json`, `--node` and `--namespace` come by themselves.
        request: Reads service and fields from what was typed; None = each own argument is a field of `service`.
        text: What people see of an answer that is OK.
    """

    summary: str
    examples: tuple[str, ...]
    service: str
    arguments: tuple[Argument, ...] = field(default=())
    request: Callable[[argparse.Namespace], Request] | None = None
    text: Callable[[Any], str] = message_of

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the options to the command's parser."""
        own = [parser.add_argument(*entry.names, **entry.options).dest for entry in self.arguments]
        add_json_option(parser)
        add_node_options(parser)
        parser.set_defaults(own=own)

    def run(self, arguments: argparse.Namespace) -> int:
        """Call the service and show its answer."""
        service, fields = self.service, {name: getattr(arguments, name) for name in arguments.own}
        if self.request is not None:
            service, fields = self.request(arguments)
        return ask(arguments, service, self.text, **fields)

    def command(self) -> Command:
        """The row as a command."""
        return Command(summary=self.summary, examples=self.examples, configure=self.configure, run=self.run)


def request_to_forget(arguments: argparse.Namespace) -> Request:
    """Forget a label, or single examples.

    Raises:
        UsageError: both or neither was named, or a text is not the id of an example.
    """
    label, examples = arguments.label, arguments.examples
    if (label is None) == (examples is None):
        raise UsageError("Name either a label or, with --example, examples.")
    if examples is None:
        return "Forget", {"label": label}
    try:
        for example in examples:
            ExampleId.parse(example)
    except ValueError as error:
        raise UsageError(f"{error} `vfrt examples` lists them.") from error
    return "ForgetExamples", {"examples": examples}


def request_to_prompt(arguments: argparse.Namespace) -> Request:
    """Describe labels in words.

    Raises:
        UsageError: nothing would change, or a label and its prompt cannot be told apart.
    """
    labels, prompts = split_prompts(arguments.prompts)
    if not labels and not arguments.replace:
        raise UsageError("Name at least one label, or remove all prompts with --replace.")
    return "SetPrompts", {"labels": labels, "prompts": prompts, "replace": arguments.replace}


def table(response: Any) -> str:
    """The labels as aligned columns, or what to do where there are none."""
    labels = response.labels
    if not labels:
        return "Nothing learned yet: `vfrt register LABEL` teaches what the camera shows."
    rows = [("label", "examples", "negatives", "prompts", "threshold")] + [
        (each.label, f"{each.examples}", f"{each.negatives}", f"{each.prompts}", f"{each.threshold:.2f}")
        for each in labels
    ]
    return "\n".join(aligned(rows, right=range(1, 5)))


def listing(response: Any) -> str:
    """Each finding of an audit with what to do, or that there is none."""
    if not response.findings:
        return str(response.message)
    lines = [line for finding in response.findings for line in (f"• {finding.text}", f"  → {finding.cure}")]
    return "\n".join([*lines, "", str(response.message)])


SERVICE_COMMANDS = {
    "forget": ServiceCommand(
        summary="remove a label with its examples and prompts, or single examples; undo brings them back",
        examples=("vfrt forget cup", "vfrt forget --example 3f9a1c07be52:17:0 3f9a1c07be52:17:1"),
        service="Forget",
        arguments=(
            Argument("label", metavar="LABEL", nargs="?", help="label to remove"),
            Argument(
                "--example", dest="examples", metavar="ID", nargs="+",
                help="remove only these examples; `vfrt examples` lists them",
            ),
        ),
        request=request_to_forget,
    ),
    "relabel": ServiceCommand(
        summary="give a label another name, or merge it into another",
        examples=("vfrt relabel cup mug",),
        service="Relabel",
        arguments=(
            Argument("label", metavar="LABEL", help="label to rename"),
            Argument("new_label", metavar="NEW", help="its new name; where that exists, the two become one"),
        ),
    ),
    "undo": ServiceCommand(
        summary="take back the last change of memory or prompts",
        examples=("vfrt undo", "vfrt undo --robot desk"),
        service="Undo",
        arguments=(
            Argument(
                "--robot", default="", metavar="NAME",
                help="another robot's last change: its name or its id, as `vfrt memory log` shows them",
            ),
        ),
    ),
    "redo": ServiceCommand(
        summary="do again what undo took back last", examples=("vfrt redo",), service="Redo"
    ),
    "labels": ServiceCommand(
        summary="list every label with its examples, prompts and threshold",
        examples=("vfrt labels", "vfrt labels --json"),
        service="ListLabels",
        text=table,
    ),
    "prompts": ServiceCommand(
        summary="describe labels in words, in force on the next frame",
        examples=(
            'vfrt prompts cat "cup of coffee"',
            'vfrt prompts "cup=a photo of a cup of coffee, seen from above"',
            "vfrt prompts --replace cat dog",
        ),
        service="SetPrompts",
        arguments=(
            Argument("prompts", nargs="*", metavar="LABEL[=PROMPT]", help="a label, or a label with its own prompt"),
            Argument("--replace", action="store_true", help="labels not named here lose their prompts"),
        ),
        request=request_to_prompt,
    ),
    "snapshot": ServiceCommand(
        summary="write the last frame, its overlay and its recognition to a new folder",
        examples=("vfrt snapshot", "vfrt snapshot astronaut-on-screen --json"),
        service="Snapshot",
        arguments=(
            Argument("name", nargs="?", default="", metavar="NAME", help="name of the folder (default: the time)"),
            camera_argument("whose frame (default: the first one's)"),
        ),
        text=lambda response: str(response.path),
    ),
    "explain": ServiceCommand(
        summary="say in words how the last frame was decided",
        examples=("vfrt explain", "vfrt explain cup", "vfrt explain --track 7", "vfrt explain --camera left"),
        service="Explain",
        arguments=(
            Argument("label", nargs="?", default="", help="explain this label's score, not the best one's"),
            Argument("--track", type=track_of, default=0, metavar="N", help="explain this object, not the whole frame"),
            camera_argument("whose frame (default: the first one's)"),
        ),
        text=lambda response: "\n".join(response.lines),
    ),
    "audit": ServiceCommand(
        summary="look through the memory for what makes recognition worse",
        examples=("vfrt audit", "vfrt audit --json"),
        service="Audit",
        text=listing,
    ),
}  # fmt: skip
"""Name of the command to what it asks for."""
