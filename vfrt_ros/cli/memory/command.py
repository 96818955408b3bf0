# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt memory`: look at, check, copy, share and rework a memory's file.

A node that has the file open is asked to tell, copy, export and import; the other actions wait until it is stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vfrt_ros.cli.command import Command, add_command, add_json_option, add_node_options

EXAMPLES = {
    "info": (
        "vfrt memory info",
        "vfrt memory info --file robot2.db --json",
        "vfrt memory info --namespace robot1",
    ),
    "log": ("vfrt memory log", "vfrt memory log --json"),
    "check": ("vfrt memory check",),
    "backup": ("vfrt memory backup before-the-fair.db",),
    "export": ("vfrt memory export desk.vfrt.zip", "vfrt memory export cups.vfrt.zip --labels cup,mug"),
    "import": (
        "vfrt memory import desk.vfrt.zip",
        "vfrt memory import desk.vfrt.zip --node /robot2/recognition",
    ),
    "reembed": ("vfrt memory reembed --backbone clip_vit_b32", "vfrt memory reembed --to new.db"),
    "compact": ("vfrt memory compact", "vfrt memory compact --drop-history"),
}
SUMMARIES = {
    "info": "say where the memory is and what is in it",
    "log": "say who taught what, and when",
    "check": "check both files of the memory; status 1 where one is damaged",
    "backup": "write a copy of the memory, history included, to a new file",
    "export": "write all that was done to one portable file, for other robots",
    "import": "add another robot's export; twice changes nothing, and undo takes it back",
    "reembed": "make a memory for another encoder from the pictures kept; goes on where it was stopped",
    "compact": "drop what undo can no longer reach, and give its room back to the disk",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The sub-commands of `vfrt memory` and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    parsers = {}
    for name, summary in SUMMARIES.items():
        parsers[name] = own = add_command(actions, name, summary, EXAMPLES[name])
        own.add_argument(
            "--file", type=Path, metavar="FILE", help="the memory (default: the one below $ROS_HOME/vfrt)"
        )
        add_json_option(own)
    for name, words in (
        ("backup", "the new file"),
        ("export", "the new file"),
        ("import", "a file that vfrt memory export wrote"),
    ):
        parsers[name].add_argument("target", type=Path, metavar="FILE", help=words)
    for name in ("info", "log", "backup", "export", "import"):
        add_node_options(parsers[name])
    parsers["export"].add_argument(
        "--labels",
        metavar="A,B,…",
        help="only these labels, without what was done to them (default: all, with it)",
    )
    parsers["reembed"].add_argument(
        "--backbone", default="auto", metavar="NAME", help="the encoder (default: auto)"
    )
    parsers["reembed"].add_argument(
        "--to", type=Path, metavar="FILE", help="the new memory (default: the encoder's own place)"
    )
    parsers["compact"].add_argument(
        "--drop-history",
        action="store_true",
        help="forget undo and redo, and what only undo could bring back",
    )


def run(arguments: argparse.Namespace) -> int:
    """Do it, and show what was done."""
    from vfrt_ros.cli.answer import to_json
    from vfrt_ros.cli.memory.actions import ACTIONS

    outcome = ACTIONS[arguments.action](arguments)
    print(to_json({"ok": not outcome.status, **outcome.facts}) if arguments.json else outcome.text)
    return outcome.status


COMMAND = Command(
    summary="look at, check, copy, share and rework the memory's file",
    examples=("vfrt memory info", "vfrt memory export desk.vfrt.zip", "vfrt memory import desk.vfrt.zip"),
    configure=configure,
    run=run,
)
