# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Figures of the code's shape: lines of files and functions, docstrings, sections `Args`.

python -m tools.style_report [FOLDER …]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("vfrt_ros", "vfrt_ros/core", "tools")
LONG = 50
"""Lines from which a function is listed."""


@dataclass(frozen=True, slots=True)
class FunctionShape:
    """A function or method.

    Attributes:
        name: Where it is: file, class, name.
        lines: From its `def` to its end, the docstring among them.
        code: The same without the docstring.
        public: Neither it nor a class or function around it begins with an underscore.
        documented: It has a docstring.
        takes: It has parameters besides `self` and `cls`.
        says_args: Its docstring, or for a constructor that of its class, has a section `Args`.
    """

    name: str
    lines: int
    code: int
    public: bool
    documented: bool
    takes: bool
    says_args: bool


def functions_of(source: str, file: str) -> Iterator[FunctionShape]:
    """Those of a module, in order, methods included; constructors are documented by their class.

    >>> [one] = functions_of("def f(a):\\n    '''Do it.\\n\\n    Args:\\n        a: Of it.\\n    '''", "f.py")
    >>> one.name, one.lines, one.code, one.public, one.says_args
    ('f.py: f', 6, 1, True, True)
    """
    yield from _within(ast.parse(source), file, "", public=True)


def _within(scope: ast.AST, file: str, prefix: str, *, public: bool) -> Iterator[FunctionShape]:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.ClassDef):
            visible = public and not node.name.startswith("_")
            yield from _within(node, file, f"{prefix}{node.name}.", public=visible)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield _shape(node, scope, file, prefix, public=public)
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _within(node, file, prefix, public=public)


def _shape(
    node: ast.FunctionDef | ast.AsyncFunctionDef, scope: ast.AST, file: str, prefix: str, *, public: bool
) -> FunctionShape:
    is_constructor = node.name == "__init__" and isinstance(scope, ast.ClassDef)
    text = ast.get_docstring(node) or ""
    if is_constructor and isinstance(scope, ast.ClassDef):
        text = text or ast.get_docstring(scope) or ""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    own = ast.get_docstring(node) is not None
    code = lines - ((first.end_lineno or first.lineno) - first.lineno + 1 if own else 0)
    arguments = node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    takes = any(name not in ("self", "cls") for name in names) or bool(arguments.vararg or arguments.kwarg)
    visible = public and (is_constructor or not node.name.startswith("_"))
    sections = {line.strip() for line in text.splitlines()}
    return FunctionShape(
        f"{file}: {prefix}{node.name}", lines, code, visible, bool(text), takes, "Args:" in sections
    )


@dataclass(frozen=True, slots=True)
class StyleReport:
    """The figures of a folder.

    Attributes:
        files: Lines of each file, sorted.
        documentation: Lines of all docstrings, and of the texts below constants.
        functions: Of all files.
    """

    folder: str
    files: tuple[int, ...]
    documentation: int
    functions: tuple[FunctionShape, ...]

    @property
    def text(self) -> str:
        """A table's row: the figures with their names."""
        public = [one for one in self.functions if one.public]
        takers = [one for one in public if one.takes]
        return "\n".join(
            (
                f"{self.folder}: {len(self.files)} files, {sum(self.files)} lines, "
                f"{self.documentation} of them docstrings",
                f"  lines of a file, median / 90th of 100 / most: {spread_of(self.files)}",
                f"  lines of a function, likewise: {spread_of([one.lines for one in self.functions])}",
                f"  the same without its docstring: {spread_of([one.code for one in self.functions])}",
                f"  public functions with a docstring: {share(public, 'documented')}; with Args: "
                f"{share(public, 'says_args')}; of those that take something: {share(takers, 'says_args')}",
            )
        )


def report_of(folder: str, root: Path = ROOT) -> StyleReport:
    """The figures of the Python files below a folder.

    Args:
        folder: Below `root`.
        root: Of the repository.
    """
    paths = sorted((root / folder).rglob("*.py"))
    texts = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in paths}
    functions = tuple(one for name, text in texts.items() for one in functions_of(text, name))
    lines = tuple(sorted(len(text.splitlines()) for text in texts.values()))
    return StyleReport(folder, lines, sum(map(documentation_of, texts.values())), functions)


def documentation_of(source: str) -> int:
    """The lines of a module's docstrings, and of the texts that stand below its constants.

    >>> documentation_of("'A module.'; x = 1; 'One.'; y = 'no docstring'")
    2
    """
    texts = (
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and type(node.value.value) is str
    )
    return sum((text.end_lineno or text.lineno) - text.lineno + 1 for text in texts)


def spread_of(values: Sequence[int]) -> str:
    """Median, 90th of 100 and most.

    >>> spread_of([1, 2, 3, 4, 100])
    '3 / 100 / 100'
    """
    ordered = sorted(values)
    if not ordered:
        return "none"
    return f"{ordered[len(ordered) // 2]} / {ordered[len(ordered) * 9 // 10]} / {ordered[-1]}"


def share(functions: Sequence[FunctionShape], what: str) -> str:
    """How many of the functions have something, in percent."""
    count = sum(bool(getattr(one, what)) for one in functions)
    return f"{round(100 * count / len(functions))} %" if functions else "none"


def main(folders: Sequence[str]) -> None:
    """Print the figures of each folder, and the functions of `LONG` lines and more."""
    long: dict[str, int] = {}
    for folder in folders or FOLDERS:
        report = report_of(folder)
        print(report.text)
        long |= {one.name: one.lines for one in report.functions if one.lines >= LONG}
    print(f"\nFunctions of {LONG} lines and more:")
    for name, lines in sorted(long.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"  {lines:4} {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
