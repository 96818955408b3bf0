# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Write the pictures of `docs/architecture/` and the table of threads in `docs/architecture.md`.

python -m tools.architecture
"""

from __future__ import annotations

import re
from pathlib import Path

from tools.architecture.places import ROOT
from tools.architecture.svg import matrix, way
from tools.architecture.threads import table
from tools.architecture.ways import FRAME, REGISTRATION
from tools.import_graph import CORE_LAYERS, LAYERS, between_folders, import_graph

PAGE = ROOT / "docs" / "architecture.md"
PICTURES = ROOT / "docs" / "architecture"
_THREADS = re.compile(r"(?<=<!-- threads -->\n).*?(?=\n<!-- end -->)", re.DOTALL)


def folders() -> str:
    """The picture of the folders and of who imports whom."""
    edges: dict[str, set[str]] = {}
    for source, target in between_folders(import_graph()):
        edges.setdefault(source, set()).add(target)
    edges.pop("vfrt_ros", None)
    known = [*(f"core/{name}" for name in CORE_LAYERS), *LAYERS]
    others = sorted(
        {*edges, *(name for targets in edges.values() for name in targets)} - {*known, "vfrt_ros"}
    )
    note = "A dot: files of the row's folder import files of the column's. Lowest layer first, so all dots lie left."
    return matrix(
        "Who imports whom", [*known, *others], {a: b - {"vfrt_ros"} for a, b in edges.items()}, note
    )


def made() -> dict[Path, str]:
    """Every file that is made from the code, by path."""
    page = PAGE.read_text(encoding="utf-8")
    return {
        PICTURES / "frame.svg": way("A frame's way", FRAME),
        PICTURES / "registration.svg": way("A registration's way", REGISTRATION),
        PICTURES / "folders.svg": folders(),
        PAGE: _THREADS.sub(lambda _: table(), page),
    }


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
        print(f"Wrote {path.relative_to(ROOT)}.")
