# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""Each published protocol on a small folder of the published layout, which is made here."""

from __future__ import annotations

import json
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
from vfrt_ros.evaluation.protocols import core50, openloris, orbit
from vfrt_ros.evaluation.protocols.protocol import PROTOCOLS, find_protocol
from vfrt_ros.evaluation.protocols.run_protocol import run_protocol

SIDE = 24


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def draw(folder: Path, thing: int, name: str, count: int = 2, seed: int = 0) -> list[str]:
    """Pictures of one colour each thing, a little different each time; `name` has a place for the number."""
    folder.mkdir(parents=True, exist_ok=True)
    colour = np.random.default_rng(thing).integers(0, 256, 3)
    random = np.random.default_rng([thing, seed])
    names = [name.format(number) for number in range(1, count + 1)]
    for one in names:
        noise = random.normal(0, 12, (SIDE, SIDE, 3))
        cv2.imwrite(str(folder / one), np.clip(colour + noise, 0, 255).astype(np.uint8))
    return names


def make_core50(top: Path) -> None:
    for session in core50.SESSIONS:
        for number in core50.OBJECTS:
            place = top / "core50_128x128" / f"s{session}" / f"o{number}"
            draw(place, number, f"C_{session:02d}_{number:02d}_{{:03d}}.png", 1, session)


THINGS = ("bottle_01", "bottle_02", "cup_10", "paper_cutter_01", "toy_05", "u_disk_01")


def make_openloris(top: Path) -> None:
    """As it is downloaded."""
    for part in ("train", "test", "validation"):
        for factor in openloris.FACTORS:
            for segment in (1, 2):
                for thing, name in enumerate(THINGS):
                    place = top / part / factor / f"segment{segment}" / name
                    draw(place, thing, "{:03d}.jpg", 3, segment + 10 * (part == "test"))


def make_orbit(top: Path) -> None:
    for user in range(2):
        for thing in range(4):
            for kind, count in (("clean", 3), ("clutter", orbit.FEWEST + 1)):
                for video in range(2):
                    name = f"P{user:03d}--thing {thing}--{kind}--Zj_1HvmNWej-{video}"
                    place = top / "test" / f"P{user:03d}" / f"thing {thing}" / kind / name
                    draw(
                        place,
                        10 * user + thing,
                        name + "-{:05d}.jpg",
                        count,
                        video + 10 * (kind == "clutter"),
                    )


KINDS = (
    "Fruit/Apple/Golden-Delicious",
    "Fruit/Avocado",
    "Fruit/Lime",
    "Packages/Milk/Oatly-Oat-Milk/Oatly",
    "Vegetables/Carrots",
    "Vegetables/Leek",
)


def make_groceries(top: Path) -> None:
    rows = [
        "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic Image Path (str),"
        "Product Description Path (str)"
    ]
    lists: dict[str, list[str]] = {"train": [], "test": [], "val": []}
    for number, kind in enumerate(KINDS):
        rows.append(f"{kind.split('/')[-1]},{number},{kind.split('/')[1]},{number},/a.jpg,/a.txt")
        for seed, (part, lines) in enumerate(lists.items()):
            names = draw(
                top / "dataset" / part / kind, number, f"{kind.split('/')[-1]}_{{:03d}}.jpg", 9, seed
            )
            lines += [f"{part}/{kind}/{name}, {number}, {number}" for name in names]
    for part, lines in lists.items():
        (top / "dataset" / f"{part}.txt").write_text("\n".join(lines), encoding="utf-8")
    (top / "dataset" / "classes.csv").write_text("\n".join(rows), encoding="utf-8")


MAKERS: dict[str, Callable[[Path], None]] = {
    "core50-nc": make_core50, "core50-ni": make_core50, "openloris": make_openloris,
    "orbit-cluve": make_orbit, "groceries": make_groceries,
}  # fmt: skip
COUNTS = {  # memories, lessons, labels, questions
    "core50-nc": (1, 400, 50, 150), "core50-ni": (1, 400, 50, 150), "openloris": (1, 48, 6, 96),
    "orbit-cluve": (2, 16, 8, 32), "groceries": (1, 6, 6, 12),
}  # fmt: skip
DAMAGE = {
    "core50-nc": ("core50_128x128/s7/o3", "1 of 550 are missing, the first s7/o3"),
    "core50-ni": ("core50_128x128/s11", "50 of 550 are missing, the first s11/o1"),
    "openloris": ("test/pixel/segment2", "only one of them has pixel/segment2"),
    "orbit-cluve": ("test/P001/thing 2/clutter", "there is no .*thing 2/clutter"),
    "groceries": ("dataset/train/Fruit/Avocado", "9 are missing, the first .*Avocado_001.jpg"),
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
    assert [lesson.label for lesson in course.lessons[:9]] == ["o1"] * 8 + ["o6"], (
        "the first batch has one of each kind"
    )
    assert sorted(number for batch in core50.batches() for number in batch) == list(core50.OBJECTS)
    assert [len(batch) for batch in core50.batches()] == [10] + 8 * [5]
    (other,) = find_protocol("core50-ni").read(layouts["core50-ni"], 0)
    assert [lesson.label for lesson in other.lessons[:3]] == ["o1", "o2", "o3"]


def test_orbit_learns_clean_videos_and_asks_in_clutter(layouts: dict[str, Path]) -> None:
    for course in find_protocol("orbit-cluve").read(layouts["orbit-cluve"], 0):
        assert {path.parts[-3] for lesson in course.lessons for path in lesson.pictures} == {"clean"}
        assert {question.path.parts[-3] for question in course.questions} == {"clutter"}
        assert len(course.questions) == 8 * (orbit.FEWEST + 1)


def note(top: Path, name: str, absent: int) -> None:
    """An annotation in which the first frames do not show the thing."""
    place = top / "annotations" / "test" / f"{name}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    frames = {
        f"{name}-{number:05d}.jpg": {"object_bounding_box": None, orbit.ABSENT: number <= absent}
        for number in range(1, orbit.FEWEST + 2)
    }
    place.write_text(json.dumps(frames), encoding="utf-8")


@pytest.mark.parametrize(
    ("absent", "asked"),
    [((0, 0), 102), ((1, 0), 101), ((2, 1), 50), ((2, 2), 0)],
    ids=["none", "a frame", "too few left of a video", "no video left"],
)
def test_orbit_asks_only_about_frames_that_show_the_thing(
    layouts: dict[str, Path], tmp_path: Path, absent: tuple[int, int], asked: int
) -> None:
    top = tmp_path / "noted"
    shutil.copytree(layouts["orbit-cluve"], top)
    for video, count in enumerate(absent):
        note(top, f"P000--thing 1--clutter--Zj_1HvmNWej-{video}", count)
    course = find_protocol("orbit-cluve").read(top, 0)[0]
    assert sum(question.label == "thing 1" for question in course.questions) == asked
    assert ("thing 1" in course.labels) == bool(asked), "what is not asked about is no part of the task"


def test_orbit_refuses_a_broken_annotation_and_the_other_parts(
    layouts: dict[str, Path], tmp_path: Path
) -> None:
    top = tmp_path / "noted"
    shutil.copytree(layouts["orbit-cluve"], top)
    note(top, "P000--thing 1--clutter--Zj_1HvmNWej-0", 1)
    broken = top / "annotations" / "test" / "P000--thing 1--clutter--Zj_1HvmNWej-0.json"
    broken.write_text('{"a": {}}', encoding="utf-8")
    with pytest.raises(DatasetError, match=orbit.ABSENT):
        find_protocol("orbit-cluve").read(top, 0)
    (top / "test").rename(top / "train")
    with pytest.raises(DatasetError, match="folder test/"):
        find_protocol("orbit-cluve").read(top, 0)


def test_openloris_is_the_same_as_downloaded_and_as_its_scripts_arrange_it(
    layouts: dict[str, Path], tmp_path: Path
) -> None:
    """The order of `benchmark2.py`: illumination is task 1 and 2 of the eight here, clutter 7 and 8."""
    for part in ("train", "test"):
        for place, factor in enumerate(("illumination", "occlusion", "pixel", "clutter")):
            for segment in (1, 2):
                task = f"task{2 * place + segment}"
                shutil.copytree(
                    layouts["openloris"] / part / factor / f"segment{segment}", tmp_path / part / task
                )
    (downloaded,) = find_protocol("openloris").read(layouts["openloris"], 0)
    (arranged,) = find_protocol("openloris").read(tmp_path, 0)
    assert [one.label for one in arranged.lessons] == [one.label for one in downloaded.lessons]
    for mine, other in zip(arranged.lessons, downloaded.lessons, strict=True):
        assert [path.read_bytes() for path in mine.pictures] == [path.read_bytes() for path in other.pictures]


def test_groceries_are_what_the_lists_name(layouts: dict[str, Path]) -> None:
    (course,) = find_protocol("groceries").read(layouts["groceries"], 0)
    assert [len(lesson.pictures) for lesson in course.lessons] == [8, 1] * len(KINDS)
    assert course.labels == ("Golden-Delicious", "Avocado", "Lime", "Oatly", "Carrots", "Leek")
    parts = {
        path.relative_to(layouts["groceries"] / "dataset").parts[0]
        for one in course.lessons
        for path in one.pictures
    }
    asked = {one.path.relative_to(layouts["groceries"] / "dataset").parts[0] for one in course.questions}
    assert (parts, asked) == ({"train"}, {"test"}) and len(course.questions) == 9 * len(KINDS)
    (inside,) = find_protocol("groceries").read(layouts["groceries"] / "dataset", 0)
    assert inside == course


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("classes.csv", "folder,label\na,b\n", "the columns 'Class Name"),
        ("train.txt", "train/Fruit/Avocado/Avocado_001.jpg, 99, 1\n", "the product '99'"),
        ("test.txt", "", "it names none"),
    ],
)
def test_a_grocery_list_that_does_not_fit_is_refused(
    layouts: dict[str, Path], tmp_path: Path, file: str, text: str, words: str
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(layouts["groceries"], damaged)
    (damaged / "dataset" / file).write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=words):
        find_protocol("groceries").read(damaged, 0)


def test_frames_are_spread_over_a_video(layouts: dict[str, Path]) -> None:
    (course,) = find_protocol("openloris").read(layouts["openloris"], 2)
    assert [path.name for path in course.lessons[0].pictures] == ["001.jpg", "003.jpg"]


def test_a_picture_that_cannot_be_read_is_named_and_left_out(
    layouts: dict[str, Path], tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(layouts["groceries"], damaged)
    (damaged / "dataset/test/Fruit/Avocado/Avocado_001.jpg").write_bytes(b"no picture")
    said: list[str] = []
    settings = RecognitionSettings(backbone="fake", memory_path=":memory:")
    courses = find_protocol("groceries").read(damaged, 0)
    assert run_protocol(courses, load_encoders("fake"), settings, warn=said.append).questions == 53
    assert len(said) == 1 and "Avocado_001.jpg" in said[0]


def test_an_unknown_protocol_names_the_nearest() -> None:
    with pytest.raises(SettingError, match="core50-nc"):
        find_protocol("core50-nx")
