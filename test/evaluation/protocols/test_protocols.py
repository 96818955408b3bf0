# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Each published protocol on a small folder of the published layout, which is made here."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from vfrt_ros.cli.eval.protocol import NAMES, as_dict
from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.types.errors import SettingError
from vfrt_ros.evaluation.dataset import DatasetError
from vfrt_ros.evaluation.protocols import core50
from vfrt_ros.evaluation.protocols.protocol import PROTOCOLS, find_protocol
from vfrt_ros.evaluation.protocols.run_protocol import run_protocol

SIDE = 24


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def draw(folder: Path, thing: int, count: int = 2, seed: int = 0) -> None:
    """Pictures of one colour each thing, a little different each time."""
    folder.mkdir(parents=True, exist_ok=True)
    colour = np.random.default_rng(thing).integers(0, 256, 3)
    random = np.random.default_rng([thing, seed])
    for number in range(count):
        noise = random.normal(0, 12, (SIDE, SIDE, 3))
        cv2.imwrite(str(folder / f"{number:03d}.png"), np.clip(colour + noise, 0, 255).astype(np.uint8))


def make_core50(top: Path) -> None:
    for session in core50.SESSIONS:
        for number in core50.OBJECTS:
            draw(top / "core50_128x128" / f"s{session}" / f"o{number}", number, 1, session)


def make_openloris(top: Path) -> None:
    for part in ("train", "test"):
        for task in range(1, 4):
            for thing in range(5):
                draw(
                    top / part / f"task{task}" / f"thing_{thing:02d}", thing, 3, task + 10 * (part == "test")
                )


def make_orbit(top: Path) -> None:
    for user in range(2):
        for thing in range(4):
            for kind in ("clean", "clutter"):
                for video in range(2):
                    place = top / "test" / f"P{user:03d}" / f"thing {thing}" / kind / f"video {video}"
                    draw(place, 10 * user + thing, 3, video + 10 * (kind == "clutter"))


def make_groceries(top: Path) -> None:
    rows = ["folder,label"]
    for thing in range(6):
        rows.append(f"P-{thing},product {thing}")
        for part in ("train", "test"):
            draw(top / part / f"P-{thing}", thing, 3, part == "test")
    (top / "classes.csv").write_text("\n".join(rows), encoding="utf-8")


MAKERS: dict[str, Callable[[Path], None]] = {
    "core50-nc": make_core50, "core50-ni": make_core50, "openloris": make_openloris,
    "orbit-cluve": make_orbit, "groceries": make_groceries,
}  # fmt: skip
COUNTS = {  # memories, lessons, labels, questions
    "core50-nc": (1, 400, 50, 150), "core50-ni": (1, 400, 50, 150), "openloris": (1, 15, 5, 30),
    "orbit-cluve": (2, 16, 8, 32), "groceries": (1, 6, 6, 18),
}  # fmt: skip
DAMAGE = {
    "core50-nc": ("core50_128x128/s7/o3", "1 of 550 are missing, the first s7/o3"),
    "core50-ni": ("core50_128x128/s11", "50 of 550 are missing, the first s11/o1"),
    "openloris": ("test", "there is no test/"),
    "orbit-cluve": ("test/P001/thing 2/clutter", "there is no .*thing 2/clutter"),
    "groceries": ("train", "Expected classes.csv, train/ and test/"),
}


@pytest.fixture(scope="module")
def layouts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made: dict[Callable[[Path], None], Path] = {}
    for name, make in MAKERS.items():
        if make not in made:
            made[make] = tmp_path_factory.mktemp(name)
            make(made[make])
    return {name: made[make] for name, make in MAKERS.items()}


def test_every_protocol_is_tried_and_offered() -> None:
    assert set(PROTOCOLS) == set(MAKERS) == set(COUNTS) == set(DAMAGE) == set(NAMES)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_runs_on_its_layout(layouts: dict[str, Path], name: str) -> None:
    settings = RecognitionSettings(backbone="fake", memory_path=":memory:")
    courses = find_protocol(name).read(layouts[name], 2)
    result = run_protocol(courses, load_encoders("fake"), settings, warn=pytest.fail)
    assert (result.courses, result.lessons, result.labels, result.questions) == COUNTS[name]
    assert result.top1 > 0.5, "each thing has a colour of its own"
    assert result.undo_exact and result.update_ms > 0.0
    assert 0.0 <= result.rejected <= 1.0 and result.promised == settings.open_set_threshold
    assert result.auroc > 0.5 and 0.0 <= result.calibration_error <= 1.0
    shown = as_dict(name, PROTOCOLS[name], result, "fake", 2)
    assert shown["ours"]["top1"] == result.top1
    assert [row["source"] != "" for row in shown["published"]] == [True] * len(PROTOCOLS[name].published)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_what_is_missing_of_a_layout_is_named(layouts: dict[str, Path], name: str, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(layouts[name], damaged)
    missing, words = DAMAGE[name]
    shutil.rmtree(damaged / missing)
    with pytest.raises(DatasetError, match=words):
        find_protocol(name).read(damaged, 2)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_folder_without_anything_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        find_protocol(name).read(tmp_path, 0)


def test_core50_asks_about_sessions_that_were_not_taught(layouts: dict[str, Path]) -> None:
    (course,) = find_protocol("core50-nc").read(layouts["core50-nc"], 0)
    taught = {path.parts[-3] for lesson in course.lessons for path in lesson.pictures}
    asked = {question.path.parts[-3] for question in course.questions}
    assert asked == {"s3", "s7", "s10"} and not taught & asked
    assert [lesson.label for lesson in course.lessons[:9]] == ["o1"] * 8 + ["o2"]
    (other,) = find_protocol("core50-ni").read(layouts["core50-ni"], 0)
    assert [lesson.label for lesson in other.lessons[:3]] == ["o1", "o2", "o3"]


def test_orbit_learns_clean_videos_and_asks_in_clutter(layouts: dict[str, Path]) -> None:
    for course in find_protocol("orbit-cluve").read(layouts["orbit-cluve"], 0):
        assert {path.parts[-3] for lesson in course.lessons for path in lesson.pictures} == {"clean"}
        assert {question.path.parts[-3] for question in course.questions} == {"clutter"}


def test_frames_are_spread_over_a_video(layouts: dict[str, Path]) -> None:
    (course,) = find_protocol("openloris").read(layouts["openloris"], 2)
    assert [path.name for path in course.lessons[0].pictures] == ["000.png", "002.png"]


def test_a_picture_that_cannot_be_read_is_named_and_left_out(
    layouts: dict[str, Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(layouts["groceries"], damaged)
    (damaged / "test" / "P-0" / "000.png").write_bytes(b"no picture")
    said: list[str] = []
    settings = RecognitionSettings(backbone="fake", memory_path=":memory:")
    courses = find_protocol("groceries").read(damaged, 0)
    assert run_protocol(courses, load_encoders("fake"), settings, warn=said.append).questions == 17
    assert len(said) == 1 and "000.png" in said[0]


def test_an_unknown_protocol_names_the_nearest() -> None:
    with pytest.raises(SettingError, match="core50-nc"):
        find_protocol("core50-nx")
