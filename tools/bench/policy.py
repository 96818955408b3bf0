# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which ratios may not fall, and by how much: `make bench CHECK=1` holds a run against the committed ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.bench.row import Row
from vfrt_ros.bench.isolated import BenchError

RATIOS = Path("bench") / "ratios.json"
"""The committed ratios, from the top of the repository."""
TOLERANCE = 0.85
"""A ratio may be this share of the committed one: what repeated runs on one machine differ by."""
TOLERANCES = {
    "rate": 0.95,
    "rate with overlay": 0.95,
    "forward pass to all else": 0.7,
    "search against bare FAISS": 0.9,
    "register": 0.6,
}
"""Where another share holds: rates hardly vary; a share of a few milliseconds, of microseconds, or the disk does."""
KIND = ("processor", "cores", "matrix arithmetic")
"""Facts of a machine that must be the same for ratios to compare."""


def ratios_of(rows: Sequence[Row]) -> dict[str, float]:
    """Every watched ratio of a run."""
    return {name: round(value, 3) for row in rows for name, value in row.ratios.items()}


def falls(now: Mapping[str, float], committed: Mapping[str, float]) -> list[str]:
    """One sentence for each ratio that has fallen too far; those that were not measured are passed over.

    >>> falls({"clip": 2.0, "rate": 0.97}, {"clip": 3.5, "rate": 0.98, "int8": 5.0})
    ['clip fell from 3.5 to 2 (at least 2.98 is asked for)']
    """
    sentences = []
    for name, before in committed.items():
        least = before * TOLERANCES.get(name, TOLERANCE)
        if name in now and now[name] < least:
            sentences.append(
                f"{name} fell from {before:g} to {now[name]:g} (at least {least:.3g} is asked for)"
            )
    return sentences


def read(path: Path) -> dict[str, float]:
    """The committed ratios.

    Raises:
        BenchError: The file is not there or cannot be read.
    """
    try:
        ratios: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))["ratios"]
    except (OSError, ValueError, KeyError) as error:
        raise BenchError(f"The committed ratios in {path} cannot be read: {error}") from error
    return ratios


def other_kind(path: Path, about: Mapping[str, object]) -> str:
    """A sentence where the committed ratios are from another kind of machine; else empty.

    Args:
        path: Of the committed ratios.
        about: This machine, as `machine.describe` says.
    """
    try:
        theirs = json.loads(path.read_text(encoding="utf-8"))["machine"]
        differing = [what for what in KIND if theirs[what] != about[what]]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if not differing:
        return ""
    words = ", ".join(f"{what} {theirs[what]}, here {about[what]}" for what in differing)
    return (
        f"The ratios in {path} were measured on another kind of machine ({words}): a fall says little. "
        f"Measure anew with --commit {path}."
    )


def write(path: Path, ratios: Mapping[str, float], machine: Mapping[str, object]) -> None:
    """Make the ratios of a run those that later ones are held against."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": machine, "ratios": dict(ratios)}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
