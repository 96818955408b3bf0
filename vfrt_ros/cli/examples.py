# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt examples`: everything that was shown, one by one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from vfrt_ros.cli.answer import aligned
from vfrt_ros.cli.command import (
    Command,
    CommandError,
    add_json_option,
    add_node_options,
    node_address,
)
from vfrt_ros.core.types.counted import counted

PAGE = 500


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `vfrt examples`."""
    parser.add_argument(
        "label", nargs="?", default="", metavar="LABEL", help="only those of this label (default: all)"
    )
    parser.add_argument(
        "--save", type=Path, metavar="FOLDER", help="write their small pictures to a new folder"
    )
    add_json_option(parser)
    add_node_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask page by page, and show or save what comes."""
    address = node_address(arguments)
    from vfrt_ros.cli.answer import show_answer
    from vfrt_ros.client.node_client import NodeClient

    folder = None if arguments.save is None else new_folder(arguments.save)
    found: list[Any] = []
    saved = 0
    with NodeClient(address) as client:
        for answer in pages(client, arguments.label, pictures=folder is not None):
            for example in answer.examples:
                if folder is not None and example.picture.data:
                    (folder / file_name(example)).write_bytes(example.picture.data.tobytes())
                    saved += 1
                example.picture.data = []
                found.append(example)
    answer.examples = found
    told = table(found) if folder is None else f"Wrote {counted(saved, 'picture')} to {folder}."
    return show_answer(arguments, answer, told)


def pages(client: Any, label: str, *, pictures: bool) -> Iterator[Any]:
    """The answers of `list_examples`, until all were given or one failed."""
    from vfrt_msgs.srv import ListExamples

    offset = 0
    while True:
        request = ListExamples.Request(label=label, offset=offset, limit=PAGE, pictures=pictures)
        answer = client.call(ListExamples, request)
        yield answer
        offset += len(answer.examples)
        if answer.code != answer.OK or not answer.examples or offset >= answer.total:
            return


def table(examples: list[Any]) -> str:
    """The examples as aligned columns, or what to do where there are none."""
    if not examples:
        return "No examples: `vfrt register LABEL` teaches what the camera shows."
    rows = [("id", "label", "when", "from")]
    for example in examples:
        label = f"not {example.label}" if example.negative else example.label
        when = datetime.fromtimestamp(example.created.sec).strftime("%Y-%m-%d %H:%M")
        rows.append((example.id, label, when, example.source or "shown here"))
    return "\n".join(aligned(rows))


def file_name(example: Any) -> str:
    """The name of an example's picture, whatever its label is."""
    label = re.sub(r"[^\w-]+", "_", example.label)[:60]
    return f"{example.id.replace(':', '-')}-{'not-' if example.negative else ''}{label}.jpg"


def new_folder(path: Path) -> Path:
    """A folder that is empty, made where there is none.

    Raises:
        CommandError: It cannot be made, or holds something.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise CommandError(f"{path} is not empty: name a new folder.")
    except OSError as error:
        raise CommandError(f"Cannot write to {path}: {error.strerror}.") from error
    return path


COMMAND = Command(
    summary="list every example, or save the small pictures of what was shown",
    examples=("vfrt examples", "vfrt examples cup --json", "vfrt examples cup --save cups"),
    configure=configure,
    run=run,
)
