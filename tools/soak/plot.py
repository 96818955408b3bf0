# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""A picture of what the processes held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.soak.child import Sample


def plot(samples: Mapping[str, Sequence[Sample]], path: Path) -> None:
    """Memory, handles and threads of each process over time, as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 7), layout="constrained")
    FigureCanvasAgg(figure)
    rows = (("memory", "resident memory [MB]"), ("handles", "open handles"), ("threads", "threads"))
    for axes, (field, label) in zip(figure.subplots(3, sharex=True), rows, strict=True):
        for name, taken in samples.items():
            axes.plot([s.time / 60 for s in taken], [getattr(s, field) for s in taken], label=name)
        axes.set_ylabel(label)
        axes.margins(y=0.1)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    axes.set_xlabel("time [min]")
    figure.axes[0].legend()
    figure.savefig(path, dpi=110)
