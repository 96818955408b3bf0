# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Which file imports which, read from the source: what the layers, the picture of them and their test rest on."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]

CORE_LAYERS = ("types", "config", "encoders", "frames", "sources", "memory", "scoring", "report")
"""The folders of `vfrt_ros/core`, lowest first: a file imports from its own folder and from those before it."""
LAYERS = (
    "core", "evaluation", "fleet", "middleware", "ros_name", "parameter_file", "named_cameras", "nodes", "bench",
    "launch_arguments", "bringup", "client", "panel", "cli", "rqt_viewer",
)  # fmt: skip
"""The folders and files of `vfrt_ros`, lowest first: each imports from those before it."""

Graph = Mapping[str, frozenset[str]]


def import_graph(package: str = "vfrt_ros") -> Graph:
    """Module to the modules of the same package that it imports, lazy imports included, `TYPE_CHECKING` ones too."""
    files = {_module_of(path): path for path in sorted((ROOT / package).rglob("*.py"))}
    return {module: frozenset(_imports(path, files) - {module}) for module, path in files.items()}


def folder_of(module: str) -> str:
    """The folder of a module as the picture names it: `core/memory`, `nodes`, or the file itself.

    >>> folder_of("vfrt_ros.core.memory.fold"), folder_of("vfrt_ros.core.recogniser"), folder_of("vfrt_ros.cli.main")
    ('core/memory', 'core', 'cli')
    """
    parts = module.split(".")[1:]
    if parts[:1] == ["core"]:
        return f"core/{parts[1]}" if parts[1:2] and parts[1] in CORE_LAYERS else "core"
    return parts[0] if parts else "vfrt_ros"


def between_folders(graph: Graph) -> dict[tuple[str, str], int]:
    """(from, to) to the number of imports from files of one folder to files of the other."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for module, imported in graph.items():
        for other in imported:
            pair = folder_of(module), folder_of(other)
            if pair[0] != pair[1]:
                counts[pair] += 1
    return dict(counts)


def circles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Groups of modules, or folders, that import each other in a circle. Source: Tarjan 1972."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in graph.get(module, ()):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            group = [stack.pop()]
            while group[-1] != module:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for module in graph:
        if module not in index:
            visit(module)
    return sorted(found)


def _module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path, files: Container[str]) -> set[str]:
    """The modules of the package that a file names; `from folder import module` names the module alone."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {module if module in files else node.module for module in modules}
    return {name for name in names if name in files}
