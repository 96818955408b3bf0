# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Pictures of steps in a row and of a matrix, as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape

from tools.architecture.ways import THREAD_COLOURS, Stop

FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"
INK, GREY, ARROW = "#1f2933", "#52606d", "#7b8794"
WIDE, HIGH, GAP = 400, 46, 16
COLUMN = WIDE + 70


def way(title: str, stops: Sequence[Stop]) -> str:
    """The steps of a way in two columns, top to bottom, coloured by thread."""
    half = (len(stops) + 1) // 2
    height = 78 + half * (HIGH + GAP)
    parts = [_text(20, 30, title, 18, INK, bold=True), *_legend(stops, 52)]
    spots = [(20 + COLUMN * (i // half), 76 + (i % half) * (HIGH + GAP)) for i in range(len(stops))]
    for number, ((x, y), stop) in enumerate(zip(spots, stops, strict=True), 1):
        parts.append(_box(x, y, WIDE, HIGH, THREAD_COLOURS[stop.thread]))
        parts.append(_text(x + 12, y + 19, f"{number}  {stop.what}", 13.5, INK))
        parts.append(_text(x + 12, y + 37, stop.place.replace(":", " · "), 11, GREY))
    for (x, y), (next_x, next_y) in pairwise(spots):
        parts.append(_arrow(x, y, next_x, next_y))
    return _document(40 + WIDE + COLUMN, height, parts)


def matrix(title: str, names: Sequence[str], arrows: Mapping[str, Iterable[str]], note: str) -> str:
    """Who imports whom: a dot in the row of the importer, in the column of what it imports.

    Args:
        title: Above the picture.
        names: Lowest layer first; so a dot right of the diagonal is an import upward, drawn red.
        arrows: Importer to what it imports.
        note: Below the title.
    """
    cell, left, top = 30, 150, 170
    size = cell * len(names)
    parts = [_text(20, 30, title, 18, INK, bold=True), _text(20, 52, note, 12, GREY)]
    for number, name in enumerate(names):
        middle = number * cell + cell / 2
        if number % 2 == 0:
            parts.append(
                f"<rect x='20' y='{top + number * cell}' width='{left - 20 + size}' height='{cell}' fill='#f5f7fa'/>"
            )
        parts.append(_text(24, top + middle + 5, name, 13, INK))
        x = left + middle + 4
        parts.append(
            f"<text x='{x:g}' y='{top - 8}' transform='rotate(-60 {x:g} {top - 8})' font-size='12' fill='{INK}' {FONT}>"
            f"{escape(name)}</text>"
        )
        own = left + number * cell
        parts.append(
            f"<rect x='{own}' y='{top + number * cell}' width='{cell}' height='{cell}' fill='#cbd2d9'/>"
        )
        for other in sorted(set(arrows.get(name, ())), key=names.index):
            column = names.index(other)
            colour = "#2f7d4f" if column < number else "#d64545"
            parts.append(
                f"<circle cx='{left + column * cell + cell / 2:g}' cy='{top + middle:g}' r='7' fill='{colour}'/>"
            )
    return _document(left + size + 70, top + size + 20, parts)


def _legend(stops: Sequence[Stop], y: float) -> list[str]:
    parts, x = [], 20.0
    for thread in dict.fromkeys(stop.thread for stop in stops):
        parts.append(_box(x, y - 12, 16, 16, THREAD_COLOURS[thread]))
        parts.append(_text(x + 22, y + 1, thread, 12, GREY))
        x += 46 + 7.6 * len(thread)
    return parts


def _arrow(x: float, y: float, next_x: float, next_y: float) -> str:
    if x == next_x:
        points = [(x + 30, y + HIGH), (x + 30, next_y - 2)]
    else:
        between = x + WIDE + 35
        points = [
            (x + WIDE, y + HIGH / 2),
            (between, y + HIGH / 2),
            (between, next_y + HIGH / 2),
            (next_x - 2, next_y + HIGH / 2),
        ]
    line = " ".join(f"{a:g},{b:g}" for a, b in points)
    return (
        f"<polyline points='{line}' fill='none' stroke='{ARROW}' stroke-width='1.6' marker-end='url(#tip)'/>"
    )


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f"<rect x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='5' fill='{colour}'/>"


def _text(x: float, y: float, text: str, size: float, colour: str, *, bold: bool = False) -> str:
    weight = " font-weight='bold'" if bold else ""
    return (
        f"<text x='{x:g}' y='{y:g}' font-size='{size:g}' fill='{colour}'{weight} {FONT}>{escape(text)}</text>"
    )


def _document(width: float, height: float, parts: Iterable[str]) -> str:
    tip = (
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='6' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
        f"<path d='M0 0L8 4L0 8z' fill='{ARROW}'/></marker></defs>"
    )
    size = f"viewBox='0 0 {width:g} {height:g}' width='{width:g}' height='{height:g}'"
    head = f"<svg xmlns='http://www.w3.org/2000/svg' {size}>"
    return "\n".join((head, tip, "<rect width='100%' height='100%' fill='white'/>", *parts, "</svg>", ""))
