# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""The whole bar in seconds, on a few classes of shapes, colours and textures that are drawn here."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from threadpoolctl import threadpool_limits

from tools.eval_bar import digits, exactness
from tools.eval_bar.accuracy import GDA, LATE
from tools.eval_bar.bar import Bar, BarPlan, Data, Measuring
from tools.eval_bar.check import Check, Limit
from tools.eval_bar.show import bar_tables
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders

SIDE = 48
COLOURS = {
    "red": (40, 40, 220), "green": (40, 190, 40), "blue": (220, 60, 40), "yellow": (40, 220, 220),
    "magenta": (200, 40, 200), "grey": (120, 120, 120),
}  # fmt: skip
SHAPES = ("disc", "bar", "stripes", "corner")


def draw(colour: str, shape: str, random: np.random.Generator) -> np.ndarray:
    """A shape of a colour somewhere near the middle, on a noisy ground, under changing light."""
    image = np.full((SIDE, SIDE, 3), random.uniform(150, 230), np.float32)
    x, y = (int(SIDE / 2 + random.normal(0, 2.5)) for _ in range(2))
    paint = tuple(float(np.clip(value + random.normal(0, 18), 0, 255)) for value in COLOURS[colour])
    size = int(random.integers(13, 18))
    if shape == "disc":
        cv2.circle(image, (x, y), size, paint, -1)
    elif shape == "bar":
        cv2.rectangle(image, (x - size // 3, 2), (x + size // 3, SIDE - 2), paint, -1)
    elif shape == "stripes":
        for offset in range(-SIDE, SIDE, 12):
            cv2.line(image, (0, y + offset), (SIDE, y + offset), paint, 5)
    else:
        cv2.rectangle(image, (0, 0), (x, y), paint, -1)
    image *= random.uniform(0.8, 1.1)
    return np.clip(image + random.normal(0, 10, image.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawings")
    rows = ["folder,label,colour"]
    random = np.random.default_rng(3)
    for colour in COLOURS:
        for shape in SHAPES:
            rows.append(f"{colour}-{shape},{colour} {shape},{colour}")
            for part in ("train", "test"):
                place = folder / part / f"{colour}-{shape}"
                place.mkdir(parents=True)
                for number in range(6):
                    cv2.imwrite(str(place / f"{number}.png"), draw(colour, shape, random))
    (folder / "classes.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def bar(drawings: Path, own_cache: Path) -> Bar:
    settings = RecognitionSettings(backbone="fake")
    plan = BarPlan(
        drawings,
        (
            Data("drawings", "label", ((10, (0, 1, 5)),)),
            Data("colours", "colour", ((3, (0, 1, 5)),)),
            Data("things of one colour", "label", ((8, (1, 2)),), kind_column="colour"),
        ),
        count=3,
        learned=(20, 5),
        band=(10, (1, 5)),
        drawn=(4, (5,)),
        objects=(10, (5,)),
        visits=(10, (1, 3)),
    )
    small = {"EXAMPLES": 400, "LABELS": 20, "FRAMES": 40, "ROUNDS": 2, "UNDONE": 280, "UNDONE_LABELS": 7}
    with pytest.MonkeyPatch.context() as patch, threadpool_limits(1):
        patch.setattr(digits, "LEARNED", 6)
        patch.setattr(digits, "ASKED", 4)
        for name, value in small.items():
            patch.setattr(exactness, name, value)
        measuring = Measuring(
            plan, load_encoders("fake"), settings, say=lambda text: None, warn=pytest.fail, progress=False
        )
        return measuring.bar()


def test_every_point_is_measured(bar: Bar) -> None:
    assert {check.point for check in bar.checks} == {1, 2, 3, 4, 5, 6, 7}
    assert all(np.isfinite(check.figure) for check in bar.checks)
    assert len(bar.settings) == 8


def failed(bar: Bar, *words: str) -> list[Check]:
    own = [check for check in bar.checks if any(word in check.what for word in words)]
    assert own, words
    return [check for check in own if not check.passed]


def test_accuracy_keeps_up_with_gda_and_the_late_rule(bar: Bar) -> None:
    """Within what three episodes of sixty questions can tell."""
    for setting in bar.settings:
        if setting.shots == 5:
            assert setting.gain(GDA)[0] > -0.05, setting.name
            assert setting.gain(LATE)[0] > 0.0, setting.name


def test_prompts_that_say_much_are_recognised_as_such(bar: Bar) -> None:
    """The fake encoder knows the words for colours, and none for shapes."""
    informative = [check for check in bar.checks if check.what.startswith("informative prompts")]
    assert "colours, 3-way 1-shot" in {check.what.split(": ")[1] for check in informative}
    off = {check.what: check.note for check in informative if check.figure <= -0.1}
    assert not off, "within the ± 0.1 that three episodes can tell"


def test_learning_new_labels_keeps_the_old_ones(bar: Bar) -> None:
    assert [stage.labels for stage in bar.curve] == [10, 20]
    assert not failed(bar, "lost on the first")


def test_things_taught_by_the_frames_of_visits_are_seen_as_often_as_they_should(bar: Bar) -> None:
    figures = [check.figure for check in bar.checks if "visits of 6 frames" in check.what]
    assert len(figures) == 2
    # The fake encoder's frames of one visit lie closer together than a photograph's.
    assert max(figures) < 0.5


def test_undo_is_exact(bar: Bar) -> None:
    assert not failed(bar, "undo of")


def test_the_other_space_decides_the_same(bar: Bar) -> None:
    assert not failed(bar, "other space, the same answers")


def test_the_tables_show_every_check(bar: Bar) -> None:
    console = Console(width=250, record=True, file=io.StringIO())
    console.print(bar_tables(bar))
    text = console.export_text()
    for check in bar.checks:
        assert check.what[:60] in text
    assert text.count("FAIL") >= sum(not check.passed for check in bar.checks)


LIMITS = {
    "at least": (Limit.AT_LEAST, 0.5, True), "less": (Limit.AT_LEAST, 0.499, False),
    "at most": (Limit.AT_MOST, 0.5, True), "more": (Limit.AT_MOST, 0.501, False),
    "not more": (Limit.MORE_THAN, 0.5, False), "no figure": (Limit.AT_MOST, float("nan"), False),
}  # fmt: skip


@pytest.mark.parametrize(("limit", "figure", "passed"), LIMITS.values(), ids=LIMITS)
def test_a_check_passes_only_within_its_limit(limit: Limit, figure: float, passed: bool) -> None:
    assert Check(1, "something", figure, limit, 0.5).passed is passed
