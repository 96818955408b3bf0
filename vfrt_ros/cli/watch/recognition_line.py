# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""One Recognition in one line: label, score as a bar, why it is unknown, rate and delay."""

from __future__ import annotations

from typing import Any

from vfrt_ros.core.types.reason import Reason, short_words_of

LABEL_WIDTH = 14
BAR_WIDTH = 12


def bar(score: float, width: int = BAR_WIDTH) -> str:
    """A score as a bar of `width` characters.

    >>> bar(0.5, 8)
    '━━━━────'
    """
    filled = round(min(max(score, 0.0), 1.0) * width)
    return "━" * filled + "─" * (width - filled)


def nearest_candidate(recognition: Any) -> str:
    """The best label of an unknown frame or object, which came close; empty where there is none."""
    known = recognition.reason == Reason.KNOWN
    return "" if known or not recognition.candidates else f"{recognition.candidates[0].label}?"


def line(recognition: Any) -> str:
    """The recognition as one line of text."""
    latency = recognition.latency.sec + recognition.latency.nanosec * 1e-9
    parts = [
        f"{recognition.label:<{LABEL_WIDTH}} {bar(recognition.score)} {recognition.score:.2f}",
        f"{recognition.fps:5.1f} fps {latency * 1e3:5.0f} ms",
        *(text for text in (short_words_of(recognition.reason), nearest_candidate(recognition)) if text),
    ]
    return "  ".join(parts)


def markup(recognition: Any) -> Any:
    """The recognition as one line in colour, a `rich.text.Text`: green is known, yellow is not."""
    from rich.text import Text

    known = recognition.reason == recognition.KNOWN
    text = Text(line(recognition), no_wrap=True, overflow="ellipsis")
    text.stylize("bold green" if known else "bold yellow", 0, LABEL_WIDTH + 1 + BAR_WIDTH + 5)
    return text
