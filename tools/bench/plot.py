# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Latency against memory size, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.bench.row import BenchRow


def draw(rows: Sequence[BenchRow], path: Path) -> bool:
    """Draw the search rows; False where there are none.

    Args:
        rows: Of the bench.
        path: A PNG file to write.
    """
    lines = {
        row.name: row.details for row in rows if row.details and all(key.isdigit() for key in row.details)
    }
    if not lines:
        return False
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for name, sizes in lines.items():
        axes.plot(
            [int(size) for size in sizes], [entry["us"] / 1e3 for entry in sizes.values()], "o-", label=name
        )
    flat = next(iter(lines.values()))
    bare = [entry["bare us"] / 1e3 for entry in flat.values()]
    axes.plot([int(size) for size in flat], bare, "x--", label="bare FAISS, Flat")
    axes.set(xscale="log", yscale="log", xlabel="examples in memory", ylabel="one search, milliseconds")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return True
