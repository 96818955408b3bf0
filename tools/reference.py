# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The tables of the documents, written from the code: `python -m tools.reference` brings them up to date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from vfrt_ros.cli.main import COMMANDS, load_command
from vfrt_ros.core.config.parameters import Parameter, Settings
from vfrt_ros.core.config.settings import CameraSettings, RecognitionSettings
from vfrt_ros.core.frames.encodings import ENCODINGS, OTHER_NAMES, Encoding


def parameter_table(settings: type[Settings]) -> str:
    """A Markdown table of every parameter: default, what it may be, live or not, meaning."""
    rows = [
        (f"`{entry.name}`", _default(entry), _allowed(entry), "yes" if entry.live else "", entry.description)
        for entry in settings.parameters().values()
    ]
    return markdown_table(("parameter", "default", "allowed", "live", "meaning"), rows)


def command_table() -> str:
    """A Markdown table of every `vfrt` command."""
    rows = [(f"`vfrt {name}`", load_command(name).summary) for name in COMMANDS]
    return markdown_table(("command", "what it does"), rows)


def encoding_table() -> str:
    """A Markdown table of every encoding of a raw image that holds a picture."""
    rows = [
        (f"`{entry.name}`", str(entry.bits), entry.layout.value, _length(entry), _remark(entry))
        for entry in ENCODINGS.values()
    ]
    return markdown_table(("encoding", "bits", "layout", "bytes of data at least", ""), rows)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "commands.md": {"commands": command_table},
    "parameters.md": {
        "camera parameters": lambda: parameter_table(CameraSettings),
        "recognition parameters": lambda: parameter_table(RecognitionSettings),
    },
    "cameras.md": {"image encodings": encoding_table},
}
"""By file of `docs/`: each table stands between `<!-- NAME -->` and `<!-- end -->`."""
DOCS = Path(__file__).parents[1] / "docs"


def refresh(text: str) -> str:
    """The document with its tables as the code has them now.

    Raises:
        KeyError: A marker names no table.
    """

    tables = {name: table for group in TABLES.values() for name, table in group.items()}

    def fill(match: re.Match[str]) -> str:
        return f"<!-- {match[1]} -->\n\n{tables[match[1]]()}\n\n<!-- end -->"

    return re.sub(r"<!-- ([a-z ]+) -->\n.*?<!-- end -->", fill, text, flags=re.DOTALL)


def _length(entry: Encoding) -> str:
    rows = f"{entry.rows(2) / 2:g}·" if entry.rows(2) != 2 else ""
    return f"{rows}height·step, step ≥ {entry.pixel_bytes}·width".replace("≥ 1·", "≥ ")


def _remark(entry: Encoding) -> str:
    names = [f"`{other}`" for other, name in OTHER_NAMES.items() if name == entry.name]
    taken_as = [f"taken as {entry.taken_as}, told once"] if entry.taken_as else []
    return "; ".join([*taken_as, *(["also called " + ", ".join(names)] if names else [])])


def _default(entry: Parameter) -> str:
    value = entry.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(str(part) for part in value) + "]`"
    return f"`{value}`" if value != "" else "empty"


def _allowed(entry: Parameter) -> str:
    if entry.choices:
        return ", ".join(f"`{choice}`" for choice in entry.choices)
    return f"{entry.kind.value} {entry.range.removeprefix('in ')}".rstrip()


def main() -> None:
    """Rewrite the tables of the documents."""
    for name in TABLES:
        path = DOCS / name
        path.write_text(refresh(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
