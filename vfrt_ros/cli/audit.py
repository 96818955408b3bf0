"""`vfrt audit`: what in the memory makes recognition worse, and what to do about it."""

from __future__ import annotations

import argparse
from typing import Any

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt audit`."""
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its findings."""
    return ask(arguments, "Audit", listing)


def listing(response: Any) -> str:
    """Each finding with what to do, or that there is none."""
    if not response.findings:
        return str(response.message)
    lines = [line for finding in response.findings for line in (f"• {finding.text}", f"  → {finding.cure}")]
    return "\n".join([*lines, "", str(response.message)])


COMMAND = Command(
    summary="look through the memory for what makes recognition worse",
    examples=("vfrt audit", "vfrt audit --json"),
    configure=configure,
    run=run,
)
