"""`vfrt labels`: everything that the memory or a prompt knows."""

from __future__ import annotations

import argparse
from typing import Any

from vfrt_ros.cli.ask import ask
from vfrt_ros.cli.command import Command, add_json_option, add_node_options


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt labels`."""
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call the service and show its answer as a table."""
    return ask(arguments, "ListLabels", table)


def table(response: Any) -> str:
    """The labels as aligned columns, or what to do where there are none."""
    labels = response.labels
    if not labels:
        return "Nothing learned yet: `vfrt register LABEL` teaches what the camera shows."
    width = max(len("label"), *(len(info.label) for info in labels))
    rows = [f"{'label':<{width}}  examples  negatives  prompts  threshold"]
    for info in labels:
        counts = f"{info.examples:>8}  {info.negatives:>9}  {info.prompts:>7}  {info.threshold:>9.2f}"
        rows.append(f"{info.label:<{width}}  {counts}")
    return "\n".join(rows)


COMMAND = Command(
    summary="list every label with its examples, prompts and threshold",
    examples=("vfrt labels", "vfrt labels --json"),
    configure=configure,
    run=run,
)
