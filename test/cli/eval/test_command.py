# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt eval` from the command line: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import contextlib
import csv
import json
import shlex
from pathlib import Path
from typing import Any

import cv2
import pytest
from fixtures.pictures import picture

from vfrt_ros.core.config.settings import RecognitionSettings
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.recogniser import Recogniser
from vfrt_ros.core.types.encoder_identity import EncoderIdentity

COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta")
FAST = ("--backbone", "fake", "--ways", "3", "--episodes", "2", "--jobs", "1")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for colour in COLOURS:
        folder = tmp_path / "data" / colour
        folder.mkdir(parents=True)
        for variant in range(6):
            cv2.imwrite(str(folder / f"{variant}.png"), picture(colour, variant, (64, 48)))
    return tmp_path / "data"


def test_a_table_for_people(vfrt: Any, data: Path) -> None:
    outcome = vfrt("eval", str(data), *FAST, "--shots", "1,3", "--fuse", "late,calibrated,gda")
    assert outcome.status == 0
    for part in ("3-way, 1 example of", "3-way, 3 examples", "calibrated", "gda", "AUROC", "2 episodes"):
        assert part in outcome.out


def test_json_for_scripts(vfrt: Any, data: Path) -> None:
    outcome = vfrt("eval", str(data), *FAST, "--shots", "2", "--fuse", "ncm,calibrated", "--json")
    figures = outcome.json["figures"]
    assert (outcome.status, set(figures)) == (0, {"ncm", "calibrated"})
    top1 = figures["ncm"]["2"]["top1"]
    assert 0.8 < top1["mean"] <= 1
    assert top1["low"] <= top1["mean"] <= top1["high"]
    assert outcome.json["about"]["split"] == "drawn with seed 42"


def test_everything_is_written_to_the_folder(vfrt: Any, data: Path, tmp_path: Path) -> None:
    outcome = vfrt("eval", str(data), *FAST, "--fuse", "late", "--shots", "1", "--out", str(tmp_path / "out"))
    assert outcome.status == 0
    written = {path.name for path in (tmp_path / "out").iterdir()}
    names = {
        "figures.csv",
        "classes.csv",
        "episodes.csv",
        "confusion_late.csv",
        "results.json",
        "report.html",
    }
    assert written == names
    assert str(tmp_path / "out" / "report.html") in outcome.out


def test_a_parameter_reaches_the_rule(vfrt: Any, data: Path) -> None:
    strict = vfrt(
        "eval", str(data), *FAST, "--shots", "1", "--fuse", "late", "--json",
        "--set", "open_set_threshold=1.0", "--set", "temperature=10",
    )  # fmt: skip
    assert strict.json["figures"]["late"]["1"]["rejected"]["mean"] == 1.0


def test_a_broken_picture_is_named_and_the_rest_measured(vfrt: Any, data: Path) -> None:
    (data / "red" / "0.png").write_bytes(b"no picture")
    outcome = vfrt("eval", str(data), *FAST, "--shots", "1", "--fuse", "ncm")
    assert outcome.status == 0
    assert outcome.err.count("\n") == 1
    assert str(data / "red" / "0.png") in outcome.err


def test_a_class_with_too_few_pictures_is_named_and_the_rest_measured(vfrt: Any, data: Path) -> None:
    for variant in range(1, 6):
        (data / "cyan" / f"{variant}.png").unlink()
    outcome = vfrt("eval", str(data), *FAST, "--shots", "2", "--fuse", "ncm", "--json")
    assert outcome.status == 0
    assert "'cyan'" in outcome.err
    assert outcome.err.count("\n") == 1
    assert outcome.json["about"]["labels"] == 5
    assert outcome.json["about"]["left out"].startswith("1 ")


def test_a_class_whose_pictures_are_broken_is_left_out_after_them(vfrt: Any, data: Path) -> None:
    for path in (data / "red").iterdir():
        path.write_bytes(b"no picture")
    outcome = vfrt(
        "eval",
        str(data),
        "--backbone",
        "fake",
        "--episodes",
        "1",
        "--jobs",
        "1",
        "--shots",
        "1",
        "--fuse",
        "ncm",
    )
    assert outcome.status == 0
    assert outcome.err.count("\n") == 7
    assert "Class 'red' has 0 pictures to learn from" in outcome.err.splitlines()[-1]


def test_where_every_class_has_too_few_pictures_one_line_names_one(vfrt: Any, data: Path) -> None:
    outcome = vfrt("eval", str(data), *FAST, "--shots", "9")
    assert (outcome.status, outcome.out) == (1, "")
    assert "9 shots need at least 9" in outcome.err
    assert outcome.err.count("\n") == 1


FAILING = {
    "no such folder": ("eval /nowhere/at/all", 1, "/nowhere/at/all"),
    "neither": ("eval", 2, "either a DATASET, --objects FOLDER or --stream RECORDING"),
    "both": ("eval DATA --stream demo", 2, "either a DATASET, --objects FOLDER or --stream RECORDING"),
    "shots that are no numbers": ("eval DATA --shots five", 2, "--shots"),
    "negative shots": ("eval DATA --shots=-1", 2, "--shots"),
    "no episodes": ("eval DATA --episodes 0", 2, "--episodes"),
    "an unknown method": ("eval DATA --fuse calibratd", 1, "Did you mean 'calibrated'?"),
    "too many ways": ("eval DATA --ways 7 --shots 1", 1, "2 to 6 ways"),
    "an unknown parameter": ("eval DATA --set kk=3", 1, "'kk'"),
    "a parameter without a value": ("eval DATA --set k", 2, "NAME=VALUE"),
    "an unknown backbone": (
        "eval NOWHERE --shots 1 --backbone fakee",
        2,
        "--backbone: expected one of auto, ",
    ),
    "a recording that is not there": ("eval --stream nowhere.mp4 --backbone fake", 1, "nowhere.mp4"),
    "boxes from a source that is none": ("eval --objects DATA --regions gird", 1, "'gird'"),
    "results among the pictures": ("eval --objects . --out ./report", 1, "is in the data set"),
    "a recording without a name": ("eval --stream '' --backbone fake", 1, "Source ''"),
    "a topic of no bag": ("eval --stream demo --topic /a --backbone fake", 1, "no rosbag2"),
    "no time": ("eval --stream demo --seconds 0", 2, "--seconds"),
    "a camera as a recording": ("eval --stream auto --backbone fake --seconds 1", 1, "only a recording"),
    "no processes": ("eval DATA --jobs 0", 2, "--jobs"),
    "boxes of a data set": ("eval DATA --regions grid", 2, "--regions belongs to --objects"),
    "a memory for a data set": ("eval DATA --memory m.db", 2, "--memory belongs to --stream"),
    "a protocol of boxes": ("eval --objects DATA --protocol groceries", 2, "--protocol expects the folder"),
    "a protocol's report": ("eval DATA --protocol groceries --out r", 2, "--protocol writes no files"),
}


@pytest.mark.parametrize(("line", "status", "text"), FAILING.values(), ids=FAILING)
def test_what_goes_wrong_is_one_line(vfrt: Any, data: Path, line: str, status: int, text: str) -> None:
    outcome = vfrt(*(str(data) if word == "DATA" else word for word in shlex.split(line)))
    assert (outcome.status, outcome.out) == (status, "")
    assert text in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_recording_becomes_a_row_a_frame(vfrt: Any, tmp_path: Path) -> None:
    for number in range(6):
        cv2.imwrite(
            str(tmp_path / f"{number}.png"), picture("red" if number < 3 else "blue", number, (64, 48))
        )
    outcome = vfrt(
        "eval", "--stream", str(tmp_path), "--labels", "red,blue", "--fps", "2", "--backbone", "fake",
        "--set", "fuse=late", "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert outcome.status == 0
    assert "6 frames, 3.0 s" in outcome.out
    assert (
        "label changes per minute: 20.0 before smoothing and hysteresis, 20.0 after (1 and 1 in all)"
        in outcome.out
    )
    with (tmp_path / "out" / "stream.csv").open(newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["red"] * 3 + ["blue"] * 3


def test_the_demo_is_replayed_with_the_names_of_what_it_shows(vfrt: Any, tmp_path: Path) -> None:
    outcome = vfrt(
        "eval", "--stream", "demo", "--fps", "2", "--seconds", "3", "--backbone", "fake", "--json",
        "--out", str(tmp_path),
    )  # fmt: skip
    assert (outcome.status, outcome.json["frames"]) == (0, 6)
    with (tmp_path / "stream.csv").open(newline="") as file:
        candidates = json.loads(next(csv.DictReader(file))["candidates"])
    assert {candidate["label"] for candidate in candidates} >= {"cat", "rocket", "astronaut"}


def pictures_of(folder: Path) -> Path:
    """A recording of six frames."""
    folder.mkdir()
    for number in range(6):
        cv2.imwrite(str(folder / f"{number}.png"), picture("red", number, (64, 48)))
    return folder


def test_a_recording_writes_nothing_unless_asked(
    vfrt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = pictures_of(tmp_path / "recording")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    outcome = vfrt("eval", "--stream", str(recording), "--backbone", "fake", "--labels", "red")
    assert (outcome.status, "--out FOLDER writes" in outcome.out) == (0, True)
    assert list(Path().iterdir()) == []


def test_a_memory_and_its_export_are_recognised_with_and_stay_as_they_are(vfrt: Any, tmp_path: Path) -> None:
    recording = pictures_of(tmp_path / "recording")
    memory, export = tmp_path / "own.db", tmp_path / "own.vfrt.zip"
    settings = RecognitionSettings(backbone="fake", memory_path=str(memory))
    with contextlib.closing(Recogniser(settings)) as recogniser:
        recogniser.register("red thing", images=[picture("red", 7, (64, 48))])
    assert vfrt("memory", "export", str(export), "--file", str(memory)).status == 0
    before = [memory.read_bytes(), export.read_bytes()]
    line = ("eval", "--stream", str(recording), "--backbone", "fake", "--set", "open_set=false", "--json")
    for file in (memory, export):
        outcome = vfrt(*line, "--memory", str(file))
        assert (outcome.status, outcome.err) == (0, "")
        assert outcome.json["shares"] == {"red thing": 1.0}
    assert [memory.read_bytes(), export.read_bytes()] == before


def test_nothing_is_said_of_the_copy_of_a_memory(
    vfrt: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recording, memory = pictures_of(tmp_path / "recording"), tmp_path / "own.db"
    with Recogniser(RecognitionSettings(backbone="fake", memory_path=str(memory))) as recogniser:
        recogniser.register("red thing", images=[picture("red", 7, (64, 48))])
    line = ("eval", "--stream", str(recording), "--backbone", "fake", "--memory", str(memory))
    assert vfrt(*line).status == 0
    assert caplog.messages == []
    (tmp_path / "own.db.copy").unlink()
    assert vfrt(*line).status == 0
    (said,) = caplog.messages
    assert str(tmp_path / "own.db.copy") in said


def test_a_memory_of_another_encoder_is_named_itself(vfrt: Any, tmp_path: Path) -> None:
    recording, memory = pictures_of(tmp_path / "recording"), tmp_path / "own.db"
    Memory(EncoderIdentity("other", "elsewhere", 8), memory).close()
    outcome = vfrt("eval", "--stream", str(recording), "--backbone", "fake", "--memory", str(memory))
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert f"The memory {memory} was learned with the encoder other" in outcome.err


def test_a_memory_that_is_not_there_is_not_made(vfrt: Any, tmp_path: Path) -> None:
    recording = pictures_of(tmp_path / "recording")
    outcome = vfrt(
        "eval", "--stream", str(recording), "--backbone", "fake", "--memory", str(tmp_path / "no.db")
    )
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert "There is no memory at" in outcome.err
    assert not (tmp_path / "no.db").exists()


FOREIGN = ("classes.csv", "report.html", "results.json", "figures.csv", "confusion_late.csv")


@pytest.mark.parametrize("name", FOREIGN)
def test_results_are_not_written_over_somebody_elses_file(
    vfrt: Any, data: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("folder,label\nmine,mine\n", encoding="utf-8")
    outcome = vfrt("eval", str(data), *FAST, "--fuse", "late", "--shots", "1", "--out", str(out))
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert f"{out / name} is there already" in outcome.err
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_text(encoding="utf-8").endswith("mine,mine\n")


def test_results_of_an_earlier_evaluation_are_replaced(vfrt: Any, data: Path, tmp_path: Path) -> None:
    line = ("eval", str(data), *FAST, "--fuse", "late", "--shots", "1", "--out", str(tmp_path / "out"))
    assert [vfrt(*line).status for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("below", ["", "report", "train/report"])
def test_results_do_not_go_into_the_data_set(vfrt: Any, data: Path, below: str) -> None:
    before = sorted(data.rglob("*"))
    outcome = vfrt("eval", str(data), *FAST, "--fuse", "late", "--shots", "1", "--out", str(data / below))
    assert (outcome.status, "choose a folder beside it" in outcome.err) == (1, True)
    assert sorted(data.rglob("*")) == before


def test_a_stream_is_not_written_over_somebody_elses_file(vfrt: Any, tmp_path: Path) -> None:
    recording = pictures_of(tmp_path / "recording")
    (tmp_path / "stream.csv").write_text("mine\n", encoding="utf-8")
    line = ("eval", "--stream", str(recording), "--backbone", "fake", "--out", str(tmp_path))
    assert vfrt(*line).status == 1
    assert (tmp_path / "stream.csv").read_text(encoding="utf-8") == "mine\n"
    (tmp_path / "stream.csv").unlink()
    assert [vfrt(*line).status for _ in range(2)] == [0, 0]


def test_the_demo_of_objects_ends_as_the_demo_does(vfrt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vfrt_ros.cli.eval.stream.DEMO_SECONDS", 1.0)
    outcome = vfrt("eval", "--stream", "demo:objects", "--fps", "2", "--backbone", "fake", "--json")
    assert (outcome.status, outcome.json["frames"]) == (0, 2)
