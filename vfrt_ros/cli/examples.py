# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt examples`: everything that was shown, one by one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
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
from vfrt_ros.core.types.errors import words_of

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

    folder: Path | None = arguments.save
    if folder is not None:
        check_new(folder)
    found: list[Any] = []
    saved = 0
    with NodeClient(address) as client:
        for answer in pages(client, arguments.label, pictures=folder is not None):
            if folder is not None and answer.code == answer.OK:
                saved += save(answer.examples, folder)
            for example in answer.examples:
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


def check_new(folder: Path) -> None:
    """Refuse a folder that holds something, before what takes long is begun.

    Raises:
        CommandError: It does, or cannot be looked at.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{folder} is not empty: name a new folder.")
    except OSError as error:
        raise _unwritable(folder, error) from error


def save(examples: Iterable[Any], folder: Path) -> int:
    """Write the pictures of examples to a folder, made where there is none; says how many there were.

    Raises:
        CommandError: They cannot be written.
    """
    pictures = [example for example in examples if example.picture.data]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for example in pictures:
            (folder / file_name(example)).write_bytes(example.picture.data.tobytes())
    except OSError as error:
        raise _unwritable(folder, error) from error
    return len(pictures)


def _unwritable(folder: Path, error: OSError) -> CommandError:
    return CommandError(f"Cannot write to {folder}: {words_of(error)}.")


COMMAND = Command(
    summary="list every example, or save the small pictures of what was shown",
    examples=("vfrt examples", "vfrt examples cup --json", "vfrt examples cup --save cups"),
    configure=configure,
    run=run,
)
