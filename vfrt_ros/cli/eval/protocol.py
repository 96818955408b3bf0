# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt eval --protocol`: what others have measured, measured on their data in their layout."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from vfrt_ros.cli.answer import to_json
from vfrt_ros.cli.command import OK, UsageError
from vfrt_ros.cli.eval.about import warn
from vfrt_ros.core.types.counted import counted

if TYPE_CHECKING:
    from vfrt_ros.core.config.settings import RecognitionSettings
    from vfrt_ros.evaluation.protocols.protocol import Protocol
    from vfrt_ros.evaluation.protocols.run_protocol import ProtocolResult

NAMES = ("core50-nc", "core50-ni", "openloris", "orbit-cluve", "groceries")


def configure_protocol(group: argparse._ArgumentGroup) -> None:
    """Its options."""
    group.add_argument(
        "--protocol",
        metavar="NAME",
        help=f"a published protocol on the data in DATASET: {', '.join(NAMES)}",
    )
    group.add_argument(
        "--frames",
        type=int,
        default=8,
        metavar="N",
        help="of each video, evenly spread; 0 = all (default: 8)",
    )


def run_protocol_command(arguments: argparse.Namespace, settings: RecognitionSettings) -> int:
    """Check the layout, run, and show the published rows beside ours."""
    from vfrt_ros.core.encoders import load_encoders
    from vfrt_ros.core.factory import encoder_settings
    from vfrt_ros.evaluation.protocols.protocol import find_protocol
    from vfrt_ros.evaluation.protocols.run_protocol import run_protocol

    if arguments.frames < 0:
        raise UsageError(f"--frames must be 0 or more; got {arguments.frames}.")
    protocol = find_protocol(arguments.protocol)
    courses = protocol.read(arguments.dataset.expanduser(), arguments.frames)
    encoders = load_encoders(**encoder_settings(settings))
    result = run_protocol(courses, encoders, settings, warn=warn, progress=True)
    if arguments.json:
        print(to_json(as_dict(arguments.protocol, protocol, result, encoders.note, arguments.frames)))
    else:
        _print(protocol, result, encoders.note, arguments.frames)
    return OK


def as_dict(
    name: str, protocol: Protocol, result: ProtocolResult, encoder: str, frames: int
) -> dict[str, Any]:
    """Plain values for JSON."""
    published = [{"method": one.method, "top1": one.top1, "source": one.source} for one in protocol.published]
    return {
        "ok": True,
        "protocol": name,
        "title": protocol.title,
        "encoder": encoder,
        "frames_of_each_video": frames,
        "ours": result.as_dict(),
        "published": published,
        "data": protocol.home,
    }


def _print(protocol: Protocol, result: ProtocolResult, encoder: str, frames: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=protocol.title, title_justify="left")
    for column in ("", "top-1", "AUROC", "known called unknown", "ECE", "ms an update", "undo", "source"):
        table.add_column(column)
    for one in protocol.published:
        table.add_row(one.method, f"{one.top1:.3f}", *["–"] * 5, one.source)
    table.add_row(
        "vfrt, calibrated",
        _figure(result.top1),
        _figure(result.auroc),
        f"{_figure(result.rejected)} (promised {result.promised:g})",
        _figure(result.calibration_error),
        f"{result.update_ms:.1f}",
        "exact" if result.undo_exact else "NOT exact",
        encoder,
    )
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table)
    if not protocol.published:
        console.print("No published row compares: those that are known train the network itself.")
    sampled = "all frames" if not frames else f"at most {counted(frames, 'frame')}"
    console.print(
        f"Memories: {result.courses}; lessons: {result.lessons}; labels: {result.labels}; "
        f"questions: {result.questions}; {sampled} of each video. "
        "Top-1 with everything taught; AUROC and ECE with every other label unknown."
    )


def _figure(value: float) -> str:
    return f"{value:.3f}" if value == value else "–"
