# Copyright vfrt developers
# SPDX-License-Identifier: Apache-2.0
"""`vfrt memory`: what each sub-command prints, its status, and what it does to the file."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from core.memory.teaching import ENCODER, new_examples, reopened, taught

from vfrt_ros.cli.memory.actions import ACTIONS
from vfrt_ros.cli.memory.command import EXAMPLES, SUMMARIES
from vfrt_ros.core.encoders import load_encoders
from vfrt_ros.core.encoders.fake import FakeBackbone
from vfrt_ros.core.factory import identity_of
from vfrt_ros.core.memory.memory import Memory
from vfrt_ros.core.types.encoder_identity import EncoderIdentity
from vfrt_ros.core.types.errors import NothingToUndoError


@pytest.fixture(autouse=True)
def ros_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, without variables of the developer's shell."""
    monkeypatch.setenv("ROS_HOME", str(tmp_path / "ros"))
    for name in [name for name in os.environ if name.startswith("VFRT_")]:
        monkeypatch.delenv(name)
    return tmp_path / "ros"


@pytest.fixture
def path(ros_home: Path) -> Path:
    """The only memory there is, where a node would have written it."""
    place = ros_home / "vfrt" / "fake" / "memory.db"
    taught(place).close()
    return place


def test_every_action_has_a_summary_and_an_example() -> None:
    assert list(SUMMARIES) == list(EXAMPLES) == list(ACTIONS)


@pytest.mark.parametrize("action", SUMMARIES)
def test_every_action_has_help_with_an_example(vfrt: Any, action: str) -> None:
    outcome = vfrt("memory", action, "--help")
    assert outcome.status == 0
    assert f"examples:\n  vfrt memory {action}" in outcome.out


def test_info_finds_the_memory_and_says_what_is_in_it(vfrt: Any, path: Path) -> None:
    outcome = vfrt("memory", "info")
    assert (outcome.status, outcome.err) == (0, "")
    for part in (
        str(path),
        "format 3",
        "fake (abc123",
        "4 steps to undo",
        "6 examples, 3 labels",
        "templates",
    ):
        assert part in outcome.out
    facts = vfrt("memory", "info", "--json").json
    assert (facts["ok"], facts["examples"], facts["undo_steps"], facts["notices"]) == (True, 6, 4, [])
    assert facts["labels"]["cup"] == {"examples": 3, "negatives": 1, "prompts": None}
    assert facts["copy"] == f"{path}.copy"


def test_info_tells_of_a_file_that_was_set_aside(vfrt: Any, path: Path) -> None:
    path.write_bytes(b"")
    facts = vfrt("memory", "info", "--json").json
    assert (facts["examples"], len(facts["notices"])) == (6, 1)
    assert "set aside" in facts["notices"][0]
    assert f"{path}.damaged-" in facts["set_aside"][0]


def test_check_says_good_and_status_1_where_a_file_is_damaged(vfrt: Any, path: Path) -> None:
    good = vfrt("memory", "check")
    assert (good.status, good.out.count("good, 4 operations, change 4")) == (0, 2)
    path.with_name("memory.db.copy").write_bytes(b"SQLite format 3\x00 no more")
    bad = vfrt("memory", "check", "--json")
    assert bad.status == 1
    assert [file["state"] for file in bad.json["files"]] == ["good", "damaged"]
    assert not list(path.parent.glob("*.damaged-*"))
    path.with_name("memory.db.copy").unlink()
    assert vfrt("memory", "check").status == 0
    path.rename(path.with_name("memory.db.copy"))
    assert vfrt("memory", "check").status == 1


def test_a_backup_is_a_memory_with_its_history(vfrt: Any, path: Path, tmp_path: Path) -> None:
    outcome = vfrt("memory", "backup", str(tmp_path / "b.db"))
    assert (outcome.status, "change 4" in outcome.out) == (0, True)
    assert not list(tmp_path.glob("b.db?*"))
    memory = reopened(tmp_path / "b.db")
    assert (len(memory), len(memory.log.history())) == (6, 4)
    memory.close()
    again = vfrt("memory", "backup", str(tmp_path / "b.db"))
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "not written over" in again.err


def test_what_one_robot_exports_another_one_imports(vfrt: Any, path: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "desk.vfrt.zip", tmp_path / "other.db"
    assert "4 examples of 1 label," in vfrt("memory", "export", str(file), "--labels", "cup").out
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    made = vfrt("memory", "import", str(file), "--file", str(other))
    assert (made.status, "Added 4 examples" in made.out, "Undo" in made.out) == (0, True, True)
    facts = vfrt("memory", "import", str(file), "--file", str(other), "--json").json
    assert (facts["added"], facts["duplicates"]) == (0, 4)
    memory = reopened(other)
    assert {e.source for e in memory.examples.with_details(memory.examples())} == {
        "imported from desk.vfrt.zip"
    }
    memory.undo()
    assert len(memory) == 0
    memory.close()


def test_a_whole_export_is_the_log_and_twice_changes_nothing(vfrt: Any, path: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "desk.vfrt.zip", tmp_path / "other.db"
    made = vfrt("memory", "export", str(file), "--json").json
    assert (made["examples"], made["operations"], made["labels"]) == (6, 4, ["cat", "cup", "dog"])
    assert vfrt("memory", "import", str(file), "--file", str(other), "--json").json["added"] == 6
    first, second = (vfrt("memory", "info", "--json", "--file", str(one)).json for one in (path, other))
    assert first["state_hash"] == second["state_hash"] and first["robot"] != second["robot"]
    again = vfrt("memory", "import", str(file), "--file", str(other), "--json").json
    assert (again["added"], again["duplicates"]) == (0, 6)
    assert vfrt("memory", "info", "--json", "--file", str(other)).json == second
    told = vfrt("memory", "info", "--file", str(file), "--json").json
    assert (told["examples"], told["operations"]) == (6, 4)


def test_log_says_who_did_what_and_what_was_taken_back(vfrt: Any, path: Path) -> None:
    memory = reopened(path)
    memory.undo()
    robot = memory.robot
    memory.close()
    facts = vfrt("memory", "log", "--json").json
    assert facts["robot"] == robot
    assert [(entry["id"], entry["kind"], entry["in_force"]) for entry in facts["operations"]] == [
        (f"{robot}:1", "teach", True),
        (f"{robot}:2", "teach", True),
        (f"{robot}:3", "teach", True),
        (f"{robot}:4", "prompts", False),
        (f"{robot}:5", "undo", True),
    ]
    lines = vfrt("memory", "log").out.splitlines()
    assert len(lines) == 7 and "registered 3 examples of 'cup'" in lines[2]
    assert [line.endswith("(taken back)") for line in lines[2:]] == [False] * 3 + [True, False]


def remove(path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()


def test_an_import_goes_where_its_encoder_has_its_memory(vfrt: Any, path: Path, tmp_path: Path) -> None:
    file, fake = tmp_path / "e.zip", FakeBackbone()
    remove(path)
    taught(path, identity_of(fake)).close()
    vfrt("memory", "export", str(file))
    remove(path)
    assert vfrt("memory", "import", str(file)).status == 0
    memory = Memory(None, path)
    assert len(memory) == 6
    memory.close()


def test_a_memory_that_the_next_start_would_refuse_is_not_begun(
    vfrt: Any, path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "e.zip"
    vfrt("memory", "export", str(file))
    remove(path)
    refused = vfrt("memory", "import", str(file))
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "--file" in refused.err
    assert not path.parent.exists()
    assert vfrt("memory", "import", str(file), "--file", str(tmp_path / "own.db")).status == 0


def test_an_import_that_fails_leaves_nothing(vfrt: Any, path: Path, tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "e.zip"
    vfrt("memory", "export", str(file))
    monkeypatch.setenv("VFRT_MAX_EXAMPLES", "1")
    assert vfrt("memory", "import", str(file), "--file", str(tmp_path / "new" / "own.db")).status == 1
    assert not (tmp_path / "new").exists()


def test_compact_gives_room_back(vfrt: Any, path: Path) -> None:
    memory = reopened(path)
    memory.register("hat", new_examples(300, 5))
    memory.forget("hat")
    memory.close()
    facts = vfrt("memory", "compact", "--drop-history", "--json").json
    assert facts["bytes"] < facts["bytes_before"] / 2
    memory = reopened(path)
    assert (len(memory), memory.notices) == (6, ())
    with pytest.raises(NothingToUndoError):
        memory.undo()
    memory.close()


@pytest.fixture
def real_path(ros_home: Path) -> Path:
    """A memory of another seed of the fake encoder, with pictures."""
    place = ros_home / "vfrt" / "old" / "memory.db"
    taught(place, EncoderIdentity("fake", "of another seed", 59)).close()
    return place


def test_reembed_makes_a_memory_for_the_other_encoder(vfrt: Any, real_path: Path, tmp_path: Path) -> None:
    outcome = vfrt("memory", "reembed", "--backbone", "fake", "--json")
    assert (outcome.status, outcome.json["examples"], outcome.json["left_out"]) == (0, 6, 0)
    backbone = load_encoders("fake", device="cpu").backbone
    memory = Memory(identity_of(backbone), Path(outcome.json["path"]))
    assert (memory.table.count("cup"), memory.prompts["cat"]) == (3, ("a cat",))
    memory.close()
    again = vfrt("memory", "reembed", "--backbone", "fake", "--file", str(real_path))
    assert (again.status, "not written over" in again.err) == (1, True)
    own = vfrt("memory", "reembed", "--backbone", "fake", "--file", outcome.json["path"])
    assert (own.status, "already" in own.err) == (1, True)


REFUSED = {
    "no action": ("memory", 2, "ACTION"),
    "an unknown action": ("memory burn", 2, "burn"),
    "no file to write": ("memory export", 2, "FILE"),
    "no memory anywhere": ("memory info", 1, "There is no memory below"),
    "no memory there": ("memory check --file nowhere.db", 1, "There is no memory at nowhere.db"),
    "no such encoder": ("memory reembed --backbone fakee", 2, "--backbone: expected one of auto, "),
    "no export": (f"memory import {__file__}", 1, "is not an export"),
}


@pytest.mark.parametrize(("line", "status", "text"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_said(vfrt: Any, line: str, status: int, text: str) -> None:
    outcome = vfrt(*line.split())
    assert (outcome.status, outcome.out) == (status, "")
    assert text in outcome.err


def test_several_memories_have_to_be_told_apart(vfrt: Any, path: Path, real_path: Path) -> None:
    outcome = vfrt("memory", "info")
    assert outcome.status == 2
    assert str(path) in outcome.err and str(real_path) in outcome.err
    assert vfrt("memory", "info", "--file", str(path)).status == 0


def test_an_unknown_label_is_not_exported(vfrt: Any, path: Path, tmp_path: Path) -> None:
    outcome = vfrt("memory", "export", str(tmp_path / "x.zip"), "--labels", "cub")
    assert (outcome.status, "Did you mean 'cup'?" in outcome.err) == (1, True)
    assert not (tmp_path / "x.zip").exists()


@pytest.mark.parametrize("action", SUMMARIES)
def test_a_memory_that_is_in_use_is_one_clear_line(
    vfrt: Any, path: Path, tmp_path: Path, action: str
) -> None:
    file = tmp_path / "e.zip"
    vfrt("memory", "export", str(file))
    target = (
        [str(file)]
        if action == "import"
        else [str(tmp_path / "new")]
        if action in ("backup", "export")
        else []
    )
    memory = Memory(ENCODER, path)
    try:
        outcome = vfrt("memory", action, *target)
    finally:
        memory.close()
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (1, "", 1)
    assert f"another process uses it (number {os.getpid()})" in outcome.err


def test_node_and_file_contradict_each_other(vfrt: Any, path: Path, tmp_path: Path) -> None:
    for action in ("export", "import"):
        outcome = vfrt(
            "memory", action, str(tmp_path / "x.zip"), "--file", str(path), "--node", "/recognition"
        )
        assert (outcome.status, "give one of them" in outcome.err) == (2, True)


def test_an_import_keeps_to_the_limits_of_the_shell(
    vfrt: Any, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = tmp_path / "e.zip", tmp_path / "other.db"
    vfrt("memory", "export", str(file))
    monkeypatch.setenv("VFRT_MAX_EXAMPLES", "3")
    outcome = vfrt("memory", "import", str(file), "--file", str(other))
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    assert "'cup' would have 4 examples, over the 3 of max_examples" in outcome.err


@pytest.mark.slow
def test_reembedding_goes_on_after_a_kill(vfrt: Any, ros_home: Path, tmp_path: Path) -> None:
    place, target = ros_home / "vfrt" / "old" / "memory.db", tmp_path / "new.db"
    memory = taught(place, EncoderIdentity("fake", "of another seed", 59))
    memory.register("hat", new_examples(400, 5, 59))
    memory.close()
    # The delay makes the killing hit; it is no part of the fingerprint.
    code = (
        "import sys; from vfrt_ros.cli.main import main; from vfrt_ros.core.encoders import BACKBONE_BUILDERS; "
        "from vfrt_ros.core.encoders.fake import FakeBackbone; "
        "BACKBONE_BUILDERS['slow'] = lambda **kw: FakeBackbone(seed=kw['seed'], delay=0.01); "
        f"sys.exit(main(['memory', 'reembed', '--backbone', 'slow', '--to', {str(target)!r}]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any(part.stat().st_size > 100_000 for part in tmp_path.glob("new.db.reembed-*")):
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert not target.exists()
    facts = vfrt("memory", "reembed", "--backbone", "fake", "--to", str(target), "--json").json
    assert facts["resumed"] > 0
    assert facts["examples"] == 406
