# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What is seen as HTML: words for every reason, figures that can be read, and nothing of a label is markup."""

from __future__ import annotations

import pytest

from vfrt_msgs.msg import Candidate, Recognition
from vfrt_ros.panel import now
from vfrt_ros.panel.recognition_feed import FeedPace, RecognitionFeed

NOTHING = float("nan")


def recognition(label: str, reason: int = Recognition.KNOWN, best: str = "") -> Recognition:
    message = Recognition(label=label, score=0.914, threshold=0.5, reason=reason, fps=12.5)
    message.candidates = [Candidate(label=best or label, score=0.914, image_score=0.71, text_score=NOTHING)]
    message.latency.nanosec = 60_000_000
    return message


def test_a_known_label_with_its_score_and_threshold() -> None:
    html = now.answer(recognition("cup"))
    assert 'class="vfrt-answer known"' in html
    assert "<strong>cup</strong><span>91 %</span>" in html
    assert "width:91.4%" in html
    assert "left:50.0%" in html


REASONS = {
    Recognition.UNKNOWN_NOTHING_LEARNED: "nothing learned yet",
    Recognition.UNKNOWN_LOW_SCORE: "below its threshold",
    Recognition.UNKNOWN_AMBIGUOUS: "two labels fit",
    Recognition.UNKNOWN_UNFAMILIAR: "like nothing that was learned",
    99: "reason 99",
}


@pytest.mark.parametrize(("reason", "words"), REASONS.items())
def test_the_reason_is_said_in_words_with_the_closest_label(reason: int, words: str) -> None:
    html = now.answer(recognition("unknown", reason, best="cup"))
    assert 'class="vfrt-answer unknown"' in html
    assert words in html
    assert "closest is cup" in html


def test_candidates_have_an_image_and_a_text_share_where_there_is_one() -> None:
    html = now.candidates(recognition("cup"))
    assert "<td>91 %</td><td>0.71</td><td>–</td>" in html
    assert now.candidates(Recognition()) == ""


def test_a_label_is_no_markup() -> None:
    message = recognition("<img src=x onerror=alert(1)>")
    for html in (now.answer(message), now.candidates(message), now.silence(message.label)):
        assert "<img" not in html
        assert "&lt;img" in html


def test_scores_beyond_their_range_stay_in_the_bar() -> None:
    message = recognition("cup")
    message.score = float("inf")
    assert "width:0.0%" in now.answer(message)
    message.score = 1.5
    assert "width:100.0%" in now.answer(message)


def test_the_pace_is_told_and_drawn() -> None:
    html = now.pace([FeedPace(10.0, 50.0), FeedPace(12.5, 60.0)])
    assert "<output>12.5</output>" in html
    assert "<output>60</output>" in html
    assert "clip-path:polygon(0% 100%,0.0% 20.0%,100.0% 0.0%,100% 100%)" in html
    assert now.pace([]).count("<output>–</output>") == 2


def test_no_pace_is_told_where_nothing_comes_any_more() -> None:
    html = now.pace([FeedPace(10.0, 50.0), FeedPace(12.5, 60.0)], is_silent=True)
    assert html.count("<output>–</output>") == 2
    assert "clip-path" in html


def test_the_feed_keeps_a_sample_each_half_second() -> None:
    time = [0.0]
    feed = RecognitionFeed(clock=lambda: time[0])
    for step in range(30):
        time[0] = step / 10
        feed.take(recognition("cup"))
    assert [round(sample.latency_ms) for sample in feed.samples()] == [60] * 6
    time[0] = 5.0
    assert feed.age == pytest.approx(2.1)
