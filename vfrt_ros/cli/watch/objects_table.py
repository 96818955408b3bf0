# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The objects of a picture: a row each on a terminal, a line each in a pipe, JSON."""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from vfrt_ros.cli.watch.recognition_line import LABEL_WIDTH, bar, nearest_candidate
from vfrt_ros.cli.watch.recognition_screen import Screen
from vfrt_ros.core.types.reason import Reason, short_words_of


class ObjectsScreen(Screen):
    """Shows the newest objects: redrawn on a terminal, where each camera keeps its table, as lines elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(console)
        self._newest: dict[str, Any] = {}

    def show(self, message: Any) -> None:
        """Show the objects of one picture, a vfrt_msgs/RecognisedObjects."""
        if self._live:
            self._newest[message.camera] = message
            tables = [objects_table(self._newest[camera]) for camera in sorted(self._newest)]
            self._live.update(Group(*tables), refresh=True)
            return
        for each in message.objects:
            self.console.print(Text(object_line(each, message.camera)), soft_wrap=True)


def object_line(each: Any, camera: str = "") -> str:
    """One object, a vfrt_msgs/RecognisedObject, as a line of text: camera, track, label, score, box, why unknown."""
    box = each.box
    name = f"{camera} #{each.track}" if camera else f"#{each.track}"
    parts = [
        f"{name:<5} {each.label:<{LABEL_WIDTH}} {bar(each.score)} {each.score:.2f}",
        f"{box.x_offset},{box.y_offset},{box.width},{box.height}",
        *(text for text in (short_words_of(each.reason), nearest_candidate(each)) if text),
    ]
    return "  ".join(parts)


def objects_table(message: Any) -> Table:
    """The objects of one picture as a table: green is known, yellow is not."""
    title = f"{len(message.objects)} in view" + (f", {message.camera}" if message.camera else "")
    rows = Table(box=None, pad_edge=False, header_style="dim", title=title, title_justify="left")
    for name in ("track", "label", "score", "box", ""):
        rows.add_column(name, no_wrap=True, overflow="ellipsis")
    for each in message.objects:
        box = each.box
        rows.add_row(
            str(each.track),
            Text(each.label),
            f"{bar(each.score)} {each.score:.2f}",
            f"{box.x_offset},{box.y_offset},{box.width},{box.height}",
            Text("  ".join(text for text in (short_words_of(each.reason), nearest_candidate(each)) if text)),
            style="green" if each.reason == Reason.KNOWN else "yellow",
        )
    return rows


def object_as_plain(message: Any) -> dict[str, Any]:
    """One object as plain values for JSON, its reason by name."""
    from vfrt_ros.cli.answer import as_plain

    plain: dict[str, Any] = as_plain(message)
    _name_reason(plain)
    return plain


def objects_as_plain(message: Any) -> dict[str, Any]:
    """The objects of one picture as plain values for JSON."""
    from vfrt_ros.cli.answer import as_plain

    plain: dict[str, Any] = as_plain(message)
    for each in plain["objects"]:
        _name_reason(each)
    return plain


def _name_reason(plain: dict[str, Any]) -> None:
    names = {int(reason): reason.name for reason in Reason}
    plain["reason"] = names.get(plain["reason"], str(plain["reason"]))
