# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The answer of now, as HTML: label, score, reason, candidates and pace. No Streamlit, no ROS calls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from vfrt_ros.core.types.reason import Reason, words_of
from vfrt_ros.panel.recognition_feed import FeedPace


def answer(recognition: Any) -> str:
    """The label with its score as a bar, and the reason where it is unknown."""
    known = recognition.reason == recognition.KNOWN
    return (
        f'<section class="vfrt-answer {"known" if known else "unknown"}" aria-live="off">'
        f'<div class="vfrt-label"><strong>{escape(recognition.label)}</strong>'
        f"<span>{percent(recognition.score)}</span></div>"
        f"{bar(recognition.score, recognition.threshold)}"
        f'<p class="vfrt-reason">{escape(reason(recognition))}</p></section>'
    )


def rows(recognitions: Mapping[str, Any]) -> str:
    """The answers of several cameras, a row each; None = none comes."""
    lines = []
    for camera, recognition in recognitions.items():
        state, label, score = "silent", "no frame is coming", ""
        if recognition is not None:
            state = "known" if recognition.reason == recognition.KNOWN else "unknown"
            label, score = recognition.label, percent(recognition.score)
        lines.append(
            f'<tr class="{state}"><th scope="row">{escape(camera)}</th><td>{escape(label)}</td><td>{score}</td></tr>'
        )
    return f'<table class="vfrt-cameras"><tbody>{"".join(lines)}</tbody></table>'


def reason(recognition: Any) -> str:
    """In words why the answer is unknown and what comes closest, or what the score was held against."""
    if recognition.reason == recognition.KNOWN:
        return f"known: at least {percent(recognition.threshold)} was asked for"
    nearest = f"; closest is {recognition.candidates[0].label}" if recognition.candidates else ""
    return f"{words_of(recognition.reason)}{nearest}"


def candidates(recognition: Any) -> str:
    """A table: each candidate with its probability, what the pictures say and what the words say."""
    if recognition is None or not recognition.candidates:
        return ""
    best = recognition.candidates[0].label if recognition.reason == recognition.KNOWN else None
    rows = "".join(_row(entry, entry.label == best) for entry in recognition.candidates)
    head = (
        '<tr><th scope="col">candidate</th><th></th><th scope="col">score</th>'
        '<th scope="col" title="Likeness to the examples in memory">image</th>'
        '<th scope="col" title="Likeness to the prompt">text</th></tr>'
    )
    return f'<table class="vfrt-candidates"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def objects(message: Any) -> str:
    """A table: each object in view with its track, label and score; nothing where there is none.

    Args:
        message: A vfrt_msgs/RecognisedObjects; None = there are none.
    """
    if message is None or not message.objects:
        return '<div class="vfrt-objects"></div>'
    rows = "".join(
        f'<tr class="{"known" if each.reason == Reason.KNOWN else "unknown"}"><td>#{each.track}</td>'
        f'<th scope="row">{escape(each.label)}</th><td class="vfrt-wide">{bar(each.score, each.threshold)}</td>'
        f"<td>{percent(each.score)}</td></tr>"
        for each in message.objects
    )
    return (
        '<div class="vfrt-objects"><table class="vfrt-candidates"><caption>objects in view: click one in the picture, '
        f"or drag a box</caption><tbody>{rows}</tbody></table></div>"
    )


def _row(entry: Any, is_best: bool) -> str:
    return (
        f'<tr class="{"known" if is_best else ""}"><th scope="row">{escape(entry.label)}</th>'
        f'<td class="vfrt-wide">{bar(entry.score)}</td><td>{percent(entry.score)}</td>'
        f"<td>{_cosine(entry.image_score)}</td><td>{_cosine(entry.text_score)}</td></tr>"
    )


def pace(samples: Sequence[FeedPace], *, is_silent: bool = False) -> str:
    """Frames per second and latency as numbers, each with the last minute as a line.

    Args:
        samples: Oldest first.
        is_silent: Nothing comes any more, so that the last numbers are no longer true.
    """
    newest = samples[-1] if samples and not is_silent else None
    return (
        '<div class="vfrt-pace">'
        + _figure("frames per second", f"{newest.fps:.1f}" if newest else "–", [s.fps for s in samples])
        + _figure(
            "latency, ms", f"{newest.latency_ms:.0f}" if newest else "–", [s.latency_ms for s in samples]
        )
        + "</div>"
    )


def silence(text: str) -> str:
    """The place of the answer while there is none."""
    return f'<section class="vfrt-answer silent"><p class="vfrt-reason">{escape(text)}</p></section>'


def _figure(title: str, value: str, values: Sequence[float]) -> str:
    shape = f' style="clip-path:polygon({outline(values)})"' if len(values) > 1 else " hidden"
    return (
        f"<figure><figcaption>{title}</figcaption><output>{value}</output>"
        f'<div class="vfrt-plot" role="img" aria-label="{title} over the last minute" title="the last minute">'
        f"<b{shape}></b></div></figure>"
    )


def outline(values: Sequence[float]) -> str:
    """The area below a curve from zero to its highest value, over the whole width, as a CSS polygon.

    Args:
        values: At least two.

    >>> outline([0.0, 10.0])
    '0% 100%,0.0% 100.0%,100.0% 0.0%,100% 100%'
    """
    top = max(*values, 1e-9)
    step = 100 / (len(values) - 1)
    curve = (f"{step * n:.1f}% {100 - 100 * max(v, 0.0) / top:.1f}%" for n, v in enumerate(values))
    return ",".join(("0% 100%", *curve, "100% 100%"))


def bar(score: float, threshold: float = 0.0) -> str:
    """A score as a bar, with the threshold as a tick on it; both in [0, 1]."""
    tick = f'<i style="left:{_share(threshold):.1f}%"></i>' if 0 < threshold < 1 else ""
    return (
        f'<div class="vfrt-bar" role="img" aria-label="{percent(score)}">'
        f'<b style="width:{_share(score):.1f}%"></b>{tick}</div>'
    )


def _share(value: float) -> float:
    return 100 * min(max(value, 0.0), 1.0) if math.isfinite(value) else 0.0


def percent(value: float) -> str:
    """A value in [0, 1] for people."""
    return f"{_share(value):.0f} %"


def _cosine(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"
