# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which ratios may not fall, and by how much: `make bench CHECK=1` holds a run against the committed ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.bench.kind import kind_of
from tools.bench.row import BenchRow
from vfrt_ros.bench.isolated import BenchError
from vfrt_ros.core.types.errors import words_of

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


def ratios_of(rows: Sequence[BenchRow]) -> dict[str, float]:
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


def read(path: Path, about: Mapping[str, Any]) -> dict[str, float]:
    """The committed ratios of this kind of machine.

    Args:
        path: Of all committed ratios.
        about: This machine, as `machine.describe` says.

    Raises:
        BenchError: The file is not there or cannot be read, or has none of this kind.
    """
    kind, cores = kind_of(about["matrix arithmetic"]), about["cores"]
    runs = _runs(path)
    for run in runs:
        if (run["kind"], run["machine"]["cores"]) == (kind, cores):
            ratios: dict[str, float] = run["ratios"]
            return ratios
    known = ", ".join(f"{run['kind']} with {run['machine']['cores']} cores" for run in runs)
    raise BenchError(
        f"{path} has no ratios of {kind} with {cores} cores (it has: {known or 'none'}), and those of another kind "
        f"say little: measure them here with `python -m tools.bench --commit {path}`."
    )


def write(path: Path, ratios: Mapping[str, float], about: Mapping[str, Any]) -> None:
    """Make the ratios of a run those that later ones on this kind of machine are held against; the others stay.

    Raises:
        BenchError: The file is there and cannot be read.
    """
    kind = kind_of(about["matrix arithmetic"])
    others = [
        run
        for run in (_runs(path) if path.exists() else [])
        if (run["kind"], run["machine"]["cores"]) != (kind, about["cores"])
    ]
    content = {"runs": [*others, {"kind": kind, "machine": about, "ratios": dict(ratios)}]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _runs(path: Path) -> list[dict[str, Any]]:
    try:
        runs: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["runs"]
        for run in runs:
            run["kind"], run["machine"]["cores"], run["ratios"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"The committed ratios in {path} cannot be read: {words_of(error)}.") from error
    return runs
