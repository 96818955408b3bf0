# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt memory export` and `import` while a node has the memory open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from fixtures.pictures import picture
from nodes.conftest import Ros, spinning
from nodes.recognition_bench import RecognitionBench

from vfrt_ros.core.memory.bundle import read_bundle

pytestmark = pytest.mark.ros


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch, lonely_domain: int, tmp_path: Path) -> Iterator[Ros]:
    """A context with nodes that keep their memory where the commands look for it."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(lonely_domain))
    monkeypatch.setenv("VFRT_BACKBONE", "fake")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with spinning() as made:
        yield made


@pytest.fixture
def bench(ros: Ros, patient: None) -> RecognitionBench:
    """A running node that knows `cup` by two examples and `sky` by a prompt."""
    made = RecognitionBench(ros)
    for variant in range(2):
        made.show(picture("red", variant))
    assert made.call("register", label="cup").stored == 2
    made.call("set_prompts", labels=["sky"])
    return made


def test_a_memory_goes_from_a_running_node_to_a_file_and_back(
    bench: RecognitionBench, vfrt: Any, tmp_path: Path
) -> None:
    file, cups = tmp_path / "all.vfrt.zip", tmp_path / "cups.vfrt.zip"
    outcome = vfrt("memory", "export", str(file))
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"Wrote {file}: 2 examples of 2 labels, from /recognition.\n"
    facts = vfrt("memory", "export", str(cups), "--labels", "cup", "--node", "/recognition", "--json").json
    assert (facts["examples"], facts["labels"], facts["from"]) == (2, ["cup"], "/recognition")
    assert (len(read_bundle(file).rows), read_bundle(cups).prompts) == (2, {})
    bench.call("forget", label="cup")
    known = vfrt("memory", "import", str(file), "--json").json
    assert (known["added"], known["duplicates"]) == (0, 2), "what was forgotten since stays forgotten"
    outcome = vfrt("memory", "import", str(cups))
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith("/recognition: Added 2 examples")
    assert {example.source for example in bench.call("list_examples").examples} == {
        "imported from cups.vfrt.zip"
    }
    facts = vfrt("memory", "import", str(cups), "--json").json
    assert (facts["ok"], facts["added"], facts["duplicates"]) == (True, 0, 2)


def test_a_refusal_of_the_node_is_one_line(bench: RecognitionBench, vfrt: Any, tmp_path: Path) -> None:
    file = tmp_path / "all.vfrt.zip"
    assert vfrt("memory", "export", str(file), "--labels", "cup").status == 0
    assert bench.set(max_examples=1)[0].successful
    bench.call("forget", label="cup")
    outcome = vfrt("memory", "import", str(file))
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert (
        "'cup' would have 2 examples, over the 1 of max_examples: forget some. [INVALID_REQUEST]"
        in outcome.err
    )


def test_another_nodes_memory_is_left_alone(bench: RecognitionBench, vfrt: Any, tmp_path: Path) -> None:
    from core.memory.teaching import ENCODER, taught

    other = tmp_path / "other.db"
    memory = taught(other)
    try:
        outcome = vfrt("memory", "export", str(tmp_path / "x.zip"), "--file", str(other))
    finally:
        memory.close()
    assert ENCODER.encoder_id == "fake"
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert "It is not /recognition, whose memory is" in outcome.err
    assert not (tmp_path / "x.zip").exists()


def test_a_node_that_is_not_active_says_so(bench: RecognitionBench, vfrt: Any, tmp_path: Path) -> None:
    assert bench.change_state("deactivate")
    outcome = vfrt("memory", "export", str(tmp_path / "x.zip"))
    assert (outcome.status, "[NOT_ACTIVE]" in outcome.err) == (1, True)


ASKED = {"by the file that it has": (), "by its name": ("--node", "/recognition")}


@pytest.mark.parametrize("named", ASKED.values(), ids=ASKED)
def test_info_is_asked_of_the_node_and_names_both(bench: RecognitionBench, vfrt: Any, named: tuple) -> None:
    facts = vfrt("memory", "info", *named, "--json").json
    assert (facts["node"], Path(facts["path"]).name) == ("/recognition", "memory.db")
    assert (facts["examples"], set(facts["labels"]), facts["encoder"]) == (2, {"cup", "sky"}, "fake")
    outcome = vfrt("memory", "info", *named)
    assert (outcome.status, outcome.err) == (0, "")
    assert f"{facts['path']}, in use by /recognition\n" in outcome.out
    assert "2 examples, 2 labels" in outcome.out


@pytest.mark.parametrize("named", ASKED.values(), ids=ASKED)
def test_a_backup_is_made_by_the_node_with_its_history(
    bench: RecognitionBench, vfrt: Any, tmp_path: Path, named: tuple
) -> None:
    file = tmp_path / "before.db"
    outcome = vfrt("memory", "backup", str(file), *named)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Wrote {file} (") and outcome.out.endswith(", from /recognition.\n")
    told = vfrt("memory", "info", "--file", str(file), "--json").json
    assert (told["examples"], told["undo_steps"]) == (2, 2)
    assert bench.call("register", label="still there").code in (0, 3)


def test_a_backup_is_not_written_over(bench: RecognitionBench, vfrt: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.db"
    file.write_text("mine", encoding="utf-8")
    outcome = vfrt("memory", "backup", str(file))
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert f"{file} exists and is not written over" in outcome.err
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_backup_that_is_too_large_names_the_node_and_the_cure(
    bench: RecognitionBench, vfrt: Any, tmp_path: Path
) -> None:
    assert bench.set(max_transfer_mb=0.1)[0].successful
    for variant in range(2, 8):
        bench.show(picture("red", variant))
        bench.call("register", label=f"thing {variant}")
    outcome = vfrt("memory", "backup", str(tmp_path / "x.db"))
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert "/recognition" in outcome.err and "max_transfer_mb" in outcome.err
    assert not (tmp_path / "x.db").exists()


def test_a_pipe_that_may_never_end_is_not_read(bench: RecognitionBench, vfrt: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    outcome = vfrt("memory", "import", str(tmp_path / "pipe"), "--node", "/recognition")
    assert (outcome.status, outcome.out) == (1, "")
    assert "expected a file" in outcome.err
    assert outcome.err.count("\n") == 1


def test_the_log_of_a_node_says_nothing_of_our_copy(
    bench: RecognitionBench, vfrt: Any, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = vfrt("memory", "log", "--node", "/recognition")
    assert (outcome.status, "cup" in outcome.out) == (0, True)
    assert [text for text in caplog.messages if "vfrt-log-" in text] == []
