# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""What counts as a data set, and what is said of one that does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vfrt_ros.evaluation.dataset import Dataset, DatasetError, load_dataset, with_enough

from .conftest import write_classes


def test_a_split_that_the_data_have_is_kept(split_folder: Path) -> None:
    dataset = load_dataset(split_folder)
    assert dataset.given_split
    assert (len(dataset.labels), len(dataset.train), len(dataset.test)) == (8, 32, 24)
    assert {picture.path.parts[-3] for picture in dataset.test} == {"test"}


def test_without_a_split_half_of_each_class_is_drawn_by_the_seed(tmp_path: Path) -> None:
    write_classes(tmp_path, 5, ("red", "blue"))
    first, again, other = (load_dataset(tmp_path, seed=seed) for seed in (1, 1, 2))
    assert not first.given_split
    assert first == again
    assert first.train != other.train
    assert not {p.path for p in first.train} & {p.path for p in first.test}
    assert [p.label for p in first.train] == ["blue"] * 3 + ["red"] * 3


def test_the_table_names_and_merges_classes(split_folder: Path) -> None:
    (split_folder / "classes.csv").write_text(
        "folder,label,kind\nred,crimson,warm\norange,orange,warm\nblue,navy,cold\n", encoding="utf-8"
    )
    assert {"crimson", "navy", "green"} <= set(load_dataset(split_folder).labels)
    kinds = load_dataset(split_folder, label_column="kind")
    assert sum(picture.label == "warm" for picture in kinds.train) == 8


SAME = {
    "accents apart from their letters": ("cafe\u0301", "caf\u00e9"),
    "no-break space": ("coffee\u00a0cup", "coffee cup"),
    "two blanks": ("coffee  cup", "coffee cup"),
}


@pytest.mark.parametrize(("written", "label"), SAME.values(), ids=SAME)
def test_classes_that_look_the_same_are_one(tmp_path: Path, written: str, label: str) -> None:
    write_classes(tmp_path / "train", 4, ("red",))
    write_classes(tmp_path / "test", 2, ("red",))
    (tmp_path / "train" / "red").rename(tmp_path / "train" / written)
    (tmp_path / "test" / "red").rename(tmp_path / "test" / label)
    assert load_dataset(tmp_path).labels == (label,)


@pytest.mark.parametrize(("written", "label"), SAME.values(), ids=SAME)
def test_the_table_s_names_are_compared_as_they_look(tmp_path: Path, written: str, label: str) -> None:
    write_classes(tmp_path, 2, ("red", "blue"))
    (tmp_path / "red").rename(tmp_path / written)
    (tmp_path / "classes.csv").write_text(
        f"folder,label\n{label},{written}\nblue,{label}\n", encoding="utf-8"
    )
    assert load_dataset(tmp_path).labels == (label,)


TABLES = {
    "a folder that is not there": ("folder,label\nredd,x\n", "Did you mean 'red'?"),
    "no folder column": ("name,label\nred,x\n", "no column 'folder'"),
    "an empty label": ("folder,label\nred,\n", "the folder 'red' no label"),
    "another column": ("folder,kind\nred,x\n", "no column 'label'"),
}


@pytest.mark.parametrize(("text", "message"), TABLES.values(), ids=TABLES)
def test_a_table_that_does_not_fit_is_refused(split_folder: Path, text: str, message: str) -> None:
    (split_folder / "classes.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DatasetError, match=r".") as caught:
        load_dataset(split_folder)
    assert message in str(caught.value)


def test_a_column_without_a_table_is_refused(split_folder: Path) -> None:
    with pytest.raises(DatasetError, match="column 'kind'"):
        load_dataset(split_folder, label_column="kind")


def test_no_folder_and_no_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no folder"):
        load_dataset(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="there is none of use"):
        load_dataset(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="'empty' has no picture"):
        load_dataset(tmp_path, warn=pytest.fail)


USELESS = {
    "empty": "grey",
    "without a picture in it": "notes",
    "no UTF-8": os.fsdecode(b"caf\xe9"),
    "a blank name": " ",
}


@pytest.mark.parametrize("name", USELESS.values(), ids=USELESS)
@pytest.mark.parametrize("part", ["", "train"])
def test_a_class_folder_of_no_use_is_named_and_left_out(tmp_path: Path, name: str, part: str) -> None:
    write_classes(tmp_path / part, 2, ("red", "blue"))
    if part:
        write_classes(tmp_path / "test", 2, ("red", "blue"))
    (tmp_path / part / name).mkdir()
    if name == "notes":
        (tmp_path / part / name / "read.txt").write_text("no picture", encoding="utf-8")
    said: list[str] = []
    assert load_dataset(tmp_path, warn=said.append).labels == ("blue", "red")
    assert len(said) == 1
    assert str(tmp_path / part / name).encode(errors="backslashreplace").decode() in said[0]


def test_a_class_with_too_few_pictures_is_named_and_left_out(split_folder: Path) -> None:
    (split_folder / "train" / "cyan" / "0.png").unlink()
    dataset = load_dataset(split_folder)
    assert with_enough(dataset, 3) == dataset
    said: list[str] = []
    rest = with_enough(dataset, 4, warn=said.append)
    assert "cyan" not in {*rest.labels, *(picture.label for picture in (*rest.train, *rest.test))}
    assert (len(rest.labels), len(rest.train), len(rest.test)) == (7, 28, 21)
    assert said == ["Class 'cyan' has 3 pictures to learn from; 4 shots need at least 4. It is left out."]


def test_a_class_without_questions_is_named_and_left_out(split_folder: Path) -> None:
    dataset = load_dataset(split_folder)
    without = tuple(picture for picture in dataset.test if picture.label != "red")
    said: list[str] = []
    rest = with_enough(
        Dataset(dataset.folder, dataset.labels, dataset.train, without, True), 1, warn=said.append
    )
    assert "red" not in rest.labels
    assert len(said) == 1
    assert "'red' has 0 pictures to ask about" in said[0]


def test_fewer_than_two_classes_with_enough_are_refused(split_folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"has 4 pictures to learn from; 5 shots.*7 more classes"):
        with_enough(load_dataset(split_folder), 5)
